import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query'
import { useNavigate } from '@tanstack/react-router'
import type { ReactNode } from 'react'
import { post } from '../../api/client.ts'
import type { Consent } from '../../api/connections.ts'
import { Button } from '../../components/button.tsx'
import { Notice, ProblemNotice } from '../../components/notice.tsx'
import { nameOf } from './connection-words.tsx'
import styles from './connection.module.css'

interface ConsentNoticeProps {
  readonly connector: string
  readonly name: string
  readonly consent: string
}

/** What became of the consent from which somebody has just come back. */
export function ConsentNotice({ connector, name, consent }: ConsentNoticeProps): ReactNode {
  const { data } = useQuery({
    queryKey: ['consents', consent],
    queryFn: () => post<Consent>(`/consents/${encodeURIComponent(consent)}/look`),
    retry: false,
  })
  const navigate = useNavigate()
  const queries = useQueryClient()
  const leave = async (): Promise<void> => {
    await navigate({ to: '/connections/$connector/$name', params: { connector, name }, search: {}, replace: true })
    await queries.invalidateQueries()
  }
  const confirm = useMutation({
    mutationFn: () => post(`/consents/${encodeURIComponent(consent)}/confirm`),
    onSuccess: leave,
  })
  if (data?.state === 'connected') return <Notice tone="completed" title={`${connector} is connected.`} />
  if (data?.state === 'failed')
    return (
      <Notice tone="failed" title="The account was not connected.">
        <p>{data.problem?.message ?? 'Nothing was changed.'}</p>
      </Notice>
    )
  if (data?.state !== 'account-changed') return null
  return (
    <Notice tone="parked" title="It is another account than before.">
      <p>
        Connected until now: <strong>{nameOf(data.accounts?.before ?? null)}</strong>
      </p>
      <p>
        Allowed just now: <strong>{nameOf(data.accounts?.now ?? null)}</strong>
      </p>
      <p>From now on flows would read and change that one.</p>
      <div className={styles.choices}>
        <Button onClick={() => void leave()}>Keep the old one</Button>
        <Button look="danger" busy={confirm.isPending} onClick={() => confirm.mutate()}>
          Take the new one
        </Button>
      </div>
      {confirm.error !== null && <ProblemNotice error={confirm.error} />}
    </Notice>
  )
}
