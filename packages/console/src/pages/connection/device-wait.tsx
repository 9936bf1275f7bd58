import { useQuery, useQueryClient } from '@tanstack/react-query'
import { useNavigate } from '@tanstack/react-router'
import { useEffect, type ReactNode } from 'react'
import { post } from '../../api/client.ts'
import type { BegunConsent, Consent } from '../../api/connections.ts'
import { Button } from '../../components/button.tsx'
import { CopyButton } from '../../components/copy-button.tsx'
import { Dialog } from '../../components/dialog.tsx'
import { ProblemNotice } from '../../components/notice.tsx'
import styles from './connection.module.css'

/** As somebody would type it on another device: what comes after `?` is only for a link. */
function addressOf(url: string): string {
  const { protocol, host, pathname } = new URL(url)
  return (protocol === 'https:' ? '' : `${protocol}//`) + host + pathname.replace(/\/$/, '')
}

/** A person types a code on another device; this waits until they have. */
export function DeviceWait({
  begun,
  onClose,
}: {
  readonly begun: BegunConsent
  readonly onClose: () => void
}): ReactNode {
  const { connector, name, consent, url, code } = begun
  const navigate = useNavigate()
  const queries = useQueryClient()
  const { data, error } = useQuery({
    queryKey: ['consents', consent, 'wait'],
    queryFn: () => post<Consent>(`/consents/${consent}/look`),
    refetchInterval: 2_000,
  })
  const isOver = data !== undefined && data.state !== 'pending' && data.state !== 'taken'
  useEffect(() => {
    if (!isOver) return
    onClose()
    void queries.invalidateQueries()
    void navigate({ to: '/connections/$connector/$name', params: { connector, name }, search: { consent } })
  }, [isOver, onClose, queries, navigate, connector, name, consent])
  return (
    <Dialog open onClose={onClose} title={`Allow it at ${connector}`} foot={<Button onClick={onClose}>Give up</Button>}>
      <p>
        Open{' '}
        <a href={url} target="_blank" rel="noreferrer">
          {addressOf(url)}
        </a>{' '}
        on any device, and type this code:
      </p>
      {code !== null && (
        <p>
          <code className={styles.code}>{code}</code> <CopyButton text={() => code} what="the code" />
        </p>
      )}
      <p role="status">Waiting until it is allowed there …</p>
      {error !== null && <ProblemNotice error={error} />}
    </Dialog>
  )
}
