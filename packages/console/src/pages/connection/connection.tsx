import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query'
import { getRouteApi, useNavigate } from '@tanstack/react-router'
import { PlugZap, RefreshCw, SearchX, Trash2 } from 'lucide-react'
import { useState, type ReactNode } from 'react'
import { ApiError, post, remove } from '../../api/client.ts'
import type { Connection, ConnectionTest } from '../../api/connections.ts'
import { connectionPath, connectionQuery } from '../../api/connections.ts'
import { Button } from '../../components/button.tsx'
import { Dialog } from '../../components/dialog.tsx'
import { Empty, Notice, ProblemNotice } from '../../components/notice.tsx'
import { Page } from '../../components/page.tsx'
import { UnreadPage } from '../../components/unread-page.tsx'
import { say } from '../../components/toasts.tsx'
import { ConnectDialog } from './connect-dialog.tsx'
import { ConnectionFacts } from './connection-facts.tsx'
import { ConnectionBadge } from './connection-words.tsx'
import styles from './connection.module.css'
import { ConsentNotice } from './consent-notice.tsx'
import { TestNotice, UntriedNotice } from './test-notice.tsx'

const route = getRouteApi('/connections/$connector/$name')
const back = { to: '/connections', text: 'Connections' } as const

export function ConnectionRoom(): ReactNode {
  const { connector, name } = route.useParams()
  const { consent } = route.useSearch()
  const { data, error, refetch } = useQuery({ ...connectionQuery(connector, name), refetchInterval: 5_000 })
  const notice = consent === undefined ? null : <ConsentNotice connector={connector} name={name} consent={consent} />
  if (data !== undefined) return <ConnectionPage connection={data} notice={notice} />
  if (error instanceof ApiError && error.code === 'NOT_FOUND')
    return (
      <Page title={`${connector} ${name}`} heading={<bdi>{`${connector} ${name}`}</bdi>} back={back}>
        {notice}
        <Missing wasTried={notice !== null} />
      </Page>
    )
  return <UnreadPage title={connector} back={back} error={error} onRetry={() => void refetch()} />
}

/** Who comes back from a consent that was not given is at a name that there is not yet. */
function Missing({ wasTried }: { readonly wasTried: boolean }): ReactNode {
  const [isOpen, setOpen] = useState(false)
  const { connector, name } = route.useParams()
  return (
    <Empty icon={SearchX} title="No account is connected under this name.">
      {!wasTried && <p>It was removed, or the address is mistyped.</p>}
      <Button onClick={() => setOpen(true)}>{wasTried ? 'Try again' : 'Connect an account'}</Button>
      {isOpen && <ConnectDialog wanted={{ connector, name }} onClose={() => setOpen(false)} />}
    </Empty>
  )
}

function ConnectionPage({
  connection,
  notice,
}: {
  readonly connection: Connection
  readonly notice: ReactNode
}): ReactNode {
  const { connector, name, state, cause, untried } = connection
  const [open, setOpen] = useState<'connect' | 'remove' | null>(null)
  const queries = useQueryClient()
  const test = useMutation({
    mutationFn: () => post<ConnectionTest>(`${connectionPath(connector, name)}/test`),
    // A try may find out that the account was taken back.
    onSuccess: () => queries.invalidateQueries({ queryKey: ['connections'] }),
  })
  const isTold = test.data?.outcome === 'refused'
  const close = (): void => setOpen(null)
  return (
    <Page
      title={`${connector} ${name}`}
      heading={<bdi>{name === 'main' ? connector : `${connector} ${name}`}</bdi>}
      lead={<ConnectionBadge connection={connection} />}
      back={back}
      actions={<Actions connection={connection} test={test} onOpen={setOpen} />}
    >
      {notice}
      <div role="status" className={styles.said}>
        {test.data !== undefined && <TestNotice test={test.data} at={test.submittedAt} connection={connection} />}
      </div>
      {test.error !== null && <ProblemNotice error={test.error} />}
      {untried !== null && test.data === undefined && <UntriedNotice connector={connector} untried={untried} />}
      {cause !== null && !isTold && (
        <Notice tone="parked" title={state === 'expiring' ? 'It may stop working soon.' : 'It needs somebody.'}>
          <p>{cause}</p>
        </Notice>
      )}
      <ConnectionFacts connection={connection} />
      {open === 'connect' && <ConnectDialog connection={connection} onClose={close} />}
      {open === 'remove' && <RemoveDialog connection={connection} onClose={close} />}
    </Page>
  )
}

interface ActionsProps {
  readonly connection: Connection
  readonly test: { readonly isPending: boolean; readonly mutate: () => void }
  readonly onOpen: (dialog: 'connect' | 'remove') => void
}

function Actions({ connection: { origin, state, account }, test, onOpen }: ActionsProps): ReactNode {
  return (
    <>
      <Button look="primary" busy={test.isPending} onClick={() => test.mutate()}>
        <PlugZap aria-hidden="true" />
        Try it
      </Button>
      {origin !== 'app' && (
        <Button onClick={() => onOpen('connect')}>
          <RefreshCw aria-hidden="true" />
          {account === null && state === 'needs-authorisation' ? 'Connect' : 'Connect again'}
        </Button>
      )}
      {origin === 'stored' && (
        <Button onClick={() => onOpen('remove')}>
          <Trash2 aria-hidden="true" />
          Remove
        </Button>
      )}
    </>
  )
}

function RemoveDialog({
  connection,
  onClose,
}: {
  readonly connection: Connection
  readonly onClose: () => void
}): ReactNode {
  const { connector, name } = connection
  const queries = useQueryClient()
  const navigate = useNavigate()
  const order = useMutation({
    mutationFn: () => remove(connectionPath(connector, name)),
    onSuccess: async () => {
      say(`${connector} ${name} is removed.`)
      await navigate({ to: '/connections' })
      await queries.invalidateQueries()
    },
  })
  return (
    <Dialog
      open
      onClose={onClose}
      title={`Remove ${connector} ${name}?`}
      foot={
        <>
          <Button onClick={onClose}>Keep it</Button>
          <Button look="danger" busy={order.isPending} onClick={() => order.mutate()}>
            Remove
          </Button>
        </>
      }
    >
      <p>
        The authorisation is taken back where {connector} allows that, and everything stored of it is deleted. Flows
        that use it will fail until it is connected again.
      </p>
      {order.error !== null && <ProblemNotice error={order.error} />}
    </Dialog>
  )
}
