import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query'
import { getRouteApi } from '@tanstack/react-router'
import { SearchX, Send, Zap } from 'lucide-react'
import { useState, type ReactNode } from 'react'
import { isMissing, remove } from '../../api/client.ts'
import type { SimulatorDetail } from '../../api/contract.ts'
import { simulatorQuery } from '../../api/queries.ts'
import { Button } from '../../components/button.tsx'
import { Empty, Notice, ProblemNotice } from '../../components/notice.tsx'
import { Card, Page } from '../../components/page.tsx'
import { UnreadPage } from '../../components/unread-page.tsx'
import { say } from '../../components/toasts.tsx'
import { EventDialog } from './event-dialog.tsx'
import { FaultDialog } from './fault-dialog.tsx'
import { faultDetails, faultTitle } from './fault-words.ts'
import { Holdings } from './holdings.tsx'
import { Deliveries, Requests } from './ledgers.tsx'
import styles from './simulator.module.css'

const route = getRouteApi('/simulators/$connector')
const back = { to: '/simulators', text: 'Simulators' } as const

export function SimulatorRoom(): ReactNode {
  const { connector } = route.useParams()
  // A simulator is no run: it has no stream of its own.
  const { data, error, refetch } = useQuery({ ...simulatorQuery(connector), refetchInterval: 2_000 })
  if (data !== undefined) return <SimulatorPage simulator={data} />
  if (isMissing(error))
    return (
      <Page title="There is no such simulator" back={back}>
        <Empty icon={SearchX} title="No simulator has this name.">
          <p>{error.message}</p>
        </Empty>
      </Page>
    )
  return <UnreadPage title={connector} back={back} error={error} onRetry={() => void refetch()} />
}

function SimulatorPage({ simulator }: { readonly simulator: SimulatorDetail }): ReactNode {
  const { connector, baseUrl, events, faults, undelivered } = simulator
  const [open, setOpen] = useState<'event' | 'fault' | null>(null)
  const close = (): void => setOpen(null)
  const lead = (
    <>
      A stand-in for {connector} at <code>{baseUrl}</code>
      {undelivered > 0 && `, with ${undelivered} of its events on the way`}.
    </>
  )
  const actions = (
    <>
      {events.length > 0 && (
        <Button look="primary" onClick={() => setOpen('event')}>
          <Send aria-hidden="true" />
          Send an event
        </Button>
      )}
      <Button onClick={() => setOpen('fault')}>
        <Zap aria-hidden="true" />
        Set a fault
      </Button>
    </>
  )
  return (
    <Page title={connector} heading={<bdi>{connector}</bdi>} lead={lead} back={back} actions={actions}>
      {faults.length > 0 && <Faults simulator={simulator} />}
      <Card title="What it holds" lead="Press an id to see the whole." flush>
        <Holdings state={simulator.state} />
      </Card>
      <div className={styles.columns}>
        <Card title="Requests to it" lead="The latest first." flush>
          <Requests requests={simulator.requests} />
        </Card>
        <Card title="Events it has sent" lead="The latest first." flush>
          <Deliveries deliveries={simulator.deliveries} />
        </Card>
      </div>
      {open === 'event' && <EventDialog simulator={simulator} onClose={close} />}
      {open === 'fault' && <FaultDialog simulator={simulator} onClose={close} />}
    </Page>
  )
}

function Faults({ simulator: { connector, faults } }: { readonly simulator: SimulatorDetail }): ReactNode {
  const queries = useQueryClient()
  const clear = useMutation({
    mutationFn: () => remove(`/simulators/${encodeURIComponent(connector)}/faults`),
    onSuccess: async () => {
      say('All faults are cleared.')
      await queries.invalidateQueries()
    },
  })
  return (
    <Notice tone="parked" title={faults.length === 1 ? 'A fault is set' : `${faults.length} faults are set`}>
      <ul className={styles.faults}>
        {faults.map((fault, index) => (
          <li key={index}>
            <span>
              {faultTitle(fault.kind)}
              {faultDetails(fault) !== '' && `: ${faultDetails(fault)}`}
            </span>
          </li>
        ))}
      </ul>
      <Button busy={clear.isPending} onClick={() => clear.mutate()}>
        Clear all faults
      </Button>
      {clear.error !== null && <ProblemNotice error={clear.error} />}
    </Notice>
  )
}
