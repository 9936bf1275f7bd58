// Compares what was promised and what was done, as the outside saw it, with what the journal says; then the journal with itself.
import type { RunPage } from '../../packages/tenon/src/journal/history.ts'
import type { Journal, RunRow } from '../../packages/tenon/src/journal/journal.ts'
import { type Effect, effectKey, type Provider, type Step } from './provider.ts'
import type { Sender } from './sender.ts'

export interface Verdict {
  /** Events that were answered with a 2xx. */
  readonly accepted: number
  readonly completed: number
  /** Steps whose outcome nobody could know: each was decided by the ledger. */
  readonly undecided: number
  /** Accepted events without exactly one completed run, and effects that a completed run should have had. */
  readonly lost: number
  /** Effects beyond the first of a step, steps asked for under two keys, runs beyond the first of an event. */
  readonly duplicated: number
  /** Runs that had not ended when time was up, and events that were never accepted. */
  readonly stuck: number
  /** Runs of one customer that were at work at once, or before one that had come earlier. */
  readonly outOfOrder: number
  /** In words, the first few of everything that is wrong. */
  readonly problems: readonly string[]
}

export interface Order {
  readonly type: 'order.paid' | 'order.noted'
  readonly customer: string
  readonly kind: number
}

export interface Evidence {
  /** What the nodes left behind. */
  readonly openJournal: () => Promise<Journal>
  readonly provider: Provider
  readonly sender: Sender
  readonly orders: ReadonlyMap<string, Order>
  readonly decided: number
}

const tenant = 'default'
const ends: ReadonlySet<string> = new Set(['completed', 'failed', 'cancelled'])

export async function judge(evidence: Evidence): Promise<Verdict> {
  const journal = await evidence.openJournal()
  try {
    const problems: string[] = []
    const runs = await allRuns(journal)
    const counts = compare(evidence, byEvent(runs), problems)
    const outOfOrder = disorders(evidence, runs)
    problems.push(...(await storiesOf(journal, runs)))
    problems.push(...evidence.provider.violations, ...outOfOrder, ...(await contradictions(journal, runs)))
    return { ...counts, outOfOrder: outOfOrder.length, undecided: evidence.decided, problems: problems.slice(0, 20) }
  } finally {
    await journal.close()
  }
}

async function allRuns(journal: Journal): Promise<RunRow[]> {
  const runs: RunRow[] = []
  for (let before: string | null = ''; before !== null;) {
    const page: RunPage = await journal.list({ tenant, limit: 500, ...(before === '' ? {} : { before }) })
    runs.push(...page.runs)
    before = page.next
  }
  return runs
}

/** The event's own id stands behind the last slash of the key that it was delivered under. */
function byEvent(runs: readonly RunRow[]): Map<string, RunRow[]> {
  const map = new Map<string, RunRow[]>()
  for (const run of runs) {
    const event = run.eventKey?.slice(run.eventKey.lastIndexOf('/') + 1) ?? ''
    map.set(event, [...(map.get(event) ?? []), run])
  }
  return map
}

function expectedSteps({ type, kind }: Order): readonly Step[] {
  if (type === 'order.noted') return ['reserve', 'confirm']
  return kind === 0 ? ['reserve', 'ship', 'notify', 'confirm'] : ['reserve', 'ship', 'confirm']
}

type Counts = Pick<Verdict, 'accepted' | 'completed' | 'lost' | 'duplicated' | 'stuck'>

function compare(
  { sender, orders, provider }: Evidence,
  runsOf: ReadonlyMap<string, readonly RunRow[]>,
  problems: string[],
): Counts {
  let [accepted, completed, lost, duplicated] = [0, 0, 0, 0]
  let stuck = sender.outstanding()
  if (stuck > 0) problems.push(`${stuck} events were never accepted`)
  for (const [event, order] of orders) {
    if (!sender.accepted.has(event)) continue
    accepted += 1
    const [run, ...more] = runsOf.get(event) ?? []
    duplicated += more.length
    if (more.length > 0) problems.push(`${event} has ${more.length + 1} runs`)
    if (run?.status === 'completed') {
      completed += 1
      const missing = expectedSteps(order).filter((step) => !provider.effects.has(effectKey(event, step)))
      lost += missing.length
      if (missing.length > 0) problems.push(`run ${run.run} of ${event} completed without ${missing.join(', ')}`)
    } else if (run === undefined || ends.has(run.status)) {
      lost += 1
      problems.push(
        run === undefined
          ? `${event} was accepted and has no run`
          : `run ${run.run} of ${event} ended ${run.status} (${run.code})`,
      )
    } else {
      stuck += 1
      problems.push(
        `run ${run.run} of ${event} is still ${run.status} (${run.code ?? 'no code'}, ${run.recoveries} recoveries)`,
      )
    }
  }
  for (const effect of provider.effects.values()) duplicated += beyondOne(effect, problems)
  return { accepted, completed, lost, duplicated, stuck }
}

function beyondOne({ event, step, count, keys }: Effect, problems: string[]): number {
  if (count > 1) problems.push(`${step} of ${event} took effect ${count} times`)
  if (keys.size > 1) problems.push(`${step} of ${event} was asked for under ${keys.size} keys`)
  return Math.max(count - 1, keys.size - 1, 0)
}

/** What the journal holds of the first few that have not ended: where to look for the mistake. */
async function storiesOf(journal: Journal, runs: readonly RunRow[]): Promise<string[]> {
  const stories: string[] = []
  for (const row of runs.filter(({ status }) => !ends.has(status)).slice(0, 3)) {
    const [loaded] = await journal.load([{ tenant, run: row.run }])
    const entries = loaded?.entries.map(({ seq, kind, step, at, body }) => `${seq} ${kind} ${step ?? ''} ${at} ${body}`)
    const inbox = loaded?.inbox.map(({ kind, name, at }) => `${kind} ${name ?? ''} ${at}`)
    stories.push(`the journal says of it: ${JSON.stringify(row)}\n${entries?.join('\n')}\ninbox: ${inbox?.join('; ')}`)
  }
  return stories
}

/** WHI-08: runs of one customer go one at a time up to their wait and in the order in which they came, so what they ask the provider for may not interleave. `runs` are the latest first. */
function disorders({ provider, orders }: Evidence, runs: readonly RunRow[]): string[] {
  const arrival = new Map([...byEvent(runs.toReversed()).keys()].map((event, place) => [event, place]))
  const byCustomer = new Map<string, { event: string; first: number; last: number }[]>()
  for (const [event, span] of provider.spans) {
    const order = orders.get(event)
    // The other flow has no key; and who has no run stands nowhere: it is counted as lost.
    if (order?.type !== 'order.paid' || !arrival.has(event)) continue
    const { customer } = order
    byCustomer.set(customer, [...(byCustomer.get(customer) ?? []), { event, ...span }])
  }
  return [...byCustomer].flatMap(([customer, spans]) => {
    spans.sort((left, right) => (arrival.get(left.event) ?? 0) - (arrival.get(right.event) ?? 0))
    return spans.flatMap((span, at) => {
      const next = spans[at + 1]
      return next !== undefined && next.first < span.last
        ? [
            `the run of ${next.event} was at work before that of ${span.event} was done, which had come earlier for ${customer}`,
          ]
        : []
    })
  })
}

/** What must hold in every journal: dense sequences, nothing left over for an ended run. */
async function contradictions(journal: Journal, runs: readonly RunRow[]): Promise<string[]> {
  const found: string[] = []
  for (const row of runs) {
    const entries = await journal.entries(tenant, row.run)
    const isDense = entries.every(({ seq }, at) => seq === at + 1) && entries.length === row.lastSeq
    if (!isDense)
      found.push(
        `run ${row.run} has the entries ${entries.map(({ seq }) => seq).join(' ')} and the last number ${row.lastSeq}`,
      )
    if (!ends.has(row.status)) continue
    const left = await journal.inbox({ tenant, run: row.run })
    if (left.length > 0) found.push(`run ${row.run} has ended with ${left.length} messages in its inbox`)
    if (row.inLine) found.push(`run ${row.run} has ended and still stands in the line of its key`)
  }
  return found
}
