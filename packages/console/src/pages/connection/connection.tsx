import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query'
import { getRouteApi, useNavigate } from '@tanstack/react-router'
import { PlugZap, RefreshCw, SearchX, Trash2 } from 'lucide-react'
import { useState, type ReactNode } from 'react'
import { ApiError, post, remove } from '../../api/client.ts'
import type { Connection, ConnectionTest } from '../../api/connections.ts'
import { connectionPath, connectionQuery } from '../../api/connections.ts'
import { Button } from '../../components/button.tsx'
import { Dialog } from '../../components/dialog.tsx'
import { Facts } from '../../components/facts.tsx'
import { Empty, Notice, ProblemNotice } from '../../components/notice.tsx'
import { Card, Page } from '../../components/page.tsx'
import { UnreadPage } from '../../components/unread-page.tsx'
import { At } from '../../components/time.tsx'
import { say } from '../../components/toasts.tsx'
import { ConnectDialog } from './connect-dialog.tsx'
import { ConnectionBadge, nameOf } from './connection-words.tsx'
import { ConsentNotice } from './consent-notice.tsx'

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
        <Empty icon={SearchX} title="No account is connected under this name.">
          <p>It was removed, or the address is mistyped.</p>
        </Empty>
      </Page>
    )
  return <UnreadPage title={connector} back={back} error={error} onRetry={() => void refetch()} />
}

function ConnectionPage({
  connection,
  notice,
}: {
  readonly connection: Connection
  readonly notice: ReactNode
}): ReactNode {
  const { connector, name, origin, state, cause } = connection
  const [open, setOpen] = useState<'connect' | 'remove' | null>(null)
  const test = useMutation({ mutationFn: () => post<ConnectionTest>(`${connectionPath(connector, name)}/test`) })
  const close = (): void => setOpen(null)
  const actions = (
    <>
      <Button look="primary" busy={test.isPending} onClick={() => test.mutate()}>
        <PlugZap aria-hidden="true" />
        Try it
      </Button>
      {origin !== 'app' && (
        <Button onClick={() => setOpen('connect')}>
          <RefreshCw aria-hidden="true" />
          Connect again
        </Button>
      )}
      {origin === 'stored' && (
        <Button onClick={() => setOpen('remove')}>
          <Trash2 aria-hidden="true" />
          Remove
        </Button>
      )}
    </>
  )
  return (
    <Page
      title={`${connector} ${name}`}
      heading={<bdi>{name === 'main' ? connector : `${connector} ${name}`}</bdi>}
      lead={<ConnectionBadge state={state} />}
      back={back}
      actions={actions}
    >
      {notice}
      <div role="status">{test.data !== undefined && <TestNotice test={test.data} />}</div>
      {test.error !== null && <ProblemNotice error={test.error} />}
      {cause !== null && (
        <Notice tone="parked" title="It needs somebody.">
          <p>{cause}</p>
        </Notice>
      )}
      <Details connection={connection} />
      {open === 'connect' && <ConnectDialog connection={connection} onClose={close} />}
      {open === 'remove' && <RemoveDialog connection={connection} onClose={close} />}
    </Page>
  )
}

function TestNotice({ test }: { readonly test: ConnectionTest }): ReactNode {
  const isGood = test.outcome === 'works' || test.outcome === 'untested'
  const titles = {
    works: 'It works.',
    refused: 'It does not work.',
    unreachable: 'It could not be tried.',
    untested: 'Nothing to try it by.',
  }
  return (
    <Notice tone={isGood ? 'plain' : 'failed'} title={titles[test.outcome]}>
      <p>{test.message}</p>
    </Notice>
  )
}

const origins: Readonly<Record<Connection['origin'], string>> = {
  stored: 'Connected while the app runs',
  app: 'Written in the app; its credentials come from the environment',
  simulated: 'A stand-in on this machine, with made-up credentials',
}

function Details({ connection }: { readonly connection: Connection }): ReactNode {
  const { account, origin, baseUrl, scheme, fields, secrets, scopes } = connection
  const { expiresAt, lastUsedAt, createdAt, createdBy } = connection
  const time = (at: number | null): ReactNode => (at === null ? null : <At at={at} />)
  return (
    <Card title="What is known of it" lead="Secrets are kept encrypted, and never shown again.">
      <Facts
        facts={[
          ['Account', account === null ? null : <bdi key="account">{nameOf(account)}</bdi>],
          ['Where from', origins[origin]],
          ['Address', <code key="address">{baseUrl}</code>],
          ['Signs in by', scheme],
          ...Object.entries(fields).map(([name, value]) => [name, <bdi key={name}>{value}</bdi>] as const),
          ['Secrets that are set', secrets.length === 0 ? null : secrets.join(', ')],
          ['Allowed to', scopes.length === 0 ? null : scopes.join(', ')],
          ['Access until', time(expiresAt)],
          ['Last used', time(lastUsedAt)],
          ['Connected', time(createdAt)],
          ['By', createdBy],
        ]}
      />
    </Card>
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
