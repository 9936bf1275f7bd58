import * as fc from 'fast-check'
import type { RunPage, RunQuery } from '../history.ts'
import type { Append, Journal, Message, NewWait, RunRow, RunStatus, Start } from '../journal.ts'
import { append, entry, event, message, state } from './make.ts'

// Any sequence of writes, and all that can be seen of a journal.

const tenants = ['one', 'two']
const runs = ['r1', 'r2', 'r3', 'r4']
const plainRuns = Array.from({ length: 32 }, (_, index) => `p${index + 8}`)

const anyTenant = fc.constantFrom(...tenants)
const anyRun = fc.constantFrom(...runs)
const anyTime = fc.integer({ min: 1, max: 60 })
const anyFields = fc.constantFrom<Record<string, string>>(
  { a: '1' },
  { a: '2' },
  { a: '1', b: '1' },
  { b: '1' },
  { a: '2', b: '2', c: '3' },
)
const anyStart: fc.Arbitrary<Start> = fc.record({
  run: anyRun,
  flow: fc.constantFrom('f', 'g'),
  version: fc.constant(1),
  key: fc.constantFrom(null, null, 'k', 'l'),
  input: fc.constantFrom(null, '"own"'),
})
const withInput = anyStart.map((one) => ({ ...one, input: one.input ?? 'null' }))
const asChild = fc.tuple(withInput, anyRun).map(([one, parent]) => ({ ...one, parent: { run: parent, step: 's' } }))
const anyValues = fc.array(
  fc.constantFrom('h1', 'h2', 'h3').map((hash) => ({ hash, body: `of ${hash}` })),
  { maxLength: 2 },
)

// What goes through the log: no key, no wait, no value, no cursor.
const plainEvent: fc.Arbitrary<Message> = fc
  .record({ tenant: anyTenant, at: anyTime, key: fc.nat({ max: 40 }), run: fc.nat({ max: 40 }), dedupe: anyTime })
  .map(({ tenant, at, key, run, dedupe }) =>
    event(`p/${key}`, {
      tenant,
      at,
      starts:
        run % 4 === 0 ? [] : [{ run: run < 8 ? `r${run}` : `p${run}`, flow: 'f', version: 1, key: null, input: null }],
      dedupeUntil: at + dedupe,
    }),
  )

const anyMessage: fc.Arbitrary<Message> = fc.oneof(
  { weight: 3, arbitrary: plainEvent },
  fc
    .record({
      tenant: anyTenant,
      at: anyTime,
      key: fc.constantFrom('t/1', 't/2', 't/3'),
      starts: fc.array(anyStart, { maxLength: 2 }),
      fields: fc.option(anyFields),
      keep: anyTime,
      dedupe: anyTime,
      values: anyValues,
    })
    .map(({ key, keep, dedupe, at, ...parts }) =>
      event(key, {
        ...parts,
        at,
        keepUntil: at + keep - 20,
        dedupeUntil: at + dedupe,
        cursor: { name: 'c', value: String(at) },
      }),
    ),
  fc
    .record({ tenant: anyTenant, at: anyTime, start: fc.oneof(withInput, asChild), values: anyValues })
    .map((parts) => ({ kind: 'start' as const, ...parts })),
  fc
    .record({
      tenant: anyTenant,
      at: anyTime,
      run: anyRun,
      id: fc.constantFrom('m1', 'm2', 'm3'),
      to: fc.constantFrom('living' as const, 'failed' as const),
      values: anyValues,
    })
    .map(({ run, id, ...parts }) => message(run, id, parts)),
)

interface AppendPlan {
  readonly tenant: string
  readonly run: string
  /** Added to the right sequence; mostly 0. */
  readonly off: number
  readonly bodies: readonly string[]
  readonly at: number
  readonly consume: boolean
  /** `null`: nothing but entries and a state. */
  readonly waits: readonly NewWait[] | null
  readonly endedWaits: readonly string[]
  readonly starts: readonly (Start & { input: string })[]
  readonly status: RunStatus | null
  readonly wakeAt: number | null
  readonly leaveLine: boolean
  readonly recovery: boolean
}

const anyWait: fc.Arbitrary<NewWait> = fc.record({
  step: fc.constantFrom('w1', 'w2'),
  type: fc.constant('order.paid'),
  match: fc.constantFrom<Record<string, string>>({ a: '1' }, { b: '1' }, { a: '1', b: '1' }, { b: '2', a: '2' }),
  since: fc.option(anyTime),
})

const plainAppend: fc.Arbitrary<AppendPlan> = fc
  .record({
    tenant: anyTenant,
    run: fc.constantFrom(...runs, ...plainRuns),
    at: anyTime,
    bodies: fc.array(fc.constantFrom('a', 'b'), { minLength: 1, maxLength: 2 }),
    status: fc.constantFrom(null, null, 'completed' as const),
  })
  .map((parts) => ({
    ...parts,
    off: 0,
    consume: false,
    waits: null,
    endedWaits: [],
    starts: [],
    wakeAt: null,
    leaveLine: true,
    recovery: false,
  }))

const fullAppend: fc.Arbitrary<AppendPlan> = fc.record({
  tenant: anyTenant,
  run: anyRun,
  off: fc.constantFrom(0, 0, 0, 0, 0, -1, 1),
  bodies: fc.array(fc.constantFrom('a', 'b'), { maxLength: 2 }),
  at: anyTime,
  consume: fc.boolean(),
  waits: fc.array(anyWait, { maxLength: 2 }),
  endedWaits: fc.subarray(['w1', 'w2'], { maxLength: 1 }),
  starts: fc.array(asChild, { maxLength: 1 }),
  status: fc.constantFrom<RunStatus | null>(
    null,
    null,
    'ready',
    'waiting',
    'waiting',
    'parked',
    'completed',
    'failed',
    'cancelled',
  ),
  wakeAt: fc.option(anyTime),
  leaveLine: fc.boolean(),
  recovery: fc.constantFrom(false, false, false, true),
})

const anyAppend = fc.oneof(fullAppend, plainAppend)

export type Operation =
  | { readonly deliver: Message }
  | { readonly append: AppendPlan }
  | { readonly prune: { now: number; endedBefore: number; limit: number } }

const anyOperation: fc.Arbitrary<Operation> = fc.oneof(
  { weight: 5, arbitrary: anyMessage.map((deliver) => ({ deliver })) },
  { weight: 7, arbitrary: anyAppend.map((plan) => ({ append: plan })) },
  {
    weight: 1,
    arbitrary: fc.record({ now: anyTime, endedBefore: anyTime, limit: fc.constant(100) }).map((prune) => ({ prune })),
  },
)

async function makeAppend(journal: Journal, plan: AppendPlan, known: Journal): Promise<Append> {
  const { tenant, run, off, bodies, at, consume, status, wakeAt, leaveLine, recovery, ...rest } = plan
  // Asked of one journal for both: the question would bring the other's log into its tables.
  const after = Math.max(0, ((await known.find(tenant, run))?.lastSeq ?? 0) + off)
  if (rest.waits === null) {
    const entries = bodies.map((body) => entry(body, at))
    return { ...append(journal, run, after), tenant, entries, ...(status !== null && { state: state(status) }) }
  }
  const inbox = consume ? await journal.inbox({ tenant, run }) : []
  return {
    ...append(journal, run, after),
    tenant,
    ...rest,
    waits: rest.waits,
    entries: bodies.map((body) => entry(body, at)),
    consumed: inbox.map((one) => one.position),
    // A last entry tells the time; without one each journal would look at its own clock.
    ...(status === null || bodies.length === 0
      ? {}
      : {
          state: state(status, { wakeAt, leaveLine, code: status === 'failed' ? 'X' : null, toParent: `"${status}"` }),
        }),
    ...(bodies.length === 0 ? { starts: [] } : {}),
    ...(recovery ? { recovery: true as const } : {}),
  }
}

export type Writes = readonly (Append | null)[]

export function appendsOf(journal: Journal, batch: readonly Operation[], known: Journal): Promise<Writes> {
  return Promise.all(batch.map(async (one) => ('append' in one ? makeAppend(journal, one.append, known) : null)))
}

export async function apply(journal: Journal, batch: readonly Operation[], appends: Writes): Promise<unknown> {
  const writes = batch.map((one, index) => {
    const made = appends[index] ?? null
    if (made !== null) return journal.append(made)
    return 'deliver' in one ? journal.deliver(one.deliver) : Promise.resolve(null)
  })
  const answers = await Promise.all(writes)
  for (const one of batch) if ('prune' in one) while (await journal.prune(one.prune));
  return answers.map((answer) =>
    answer !== null && 'runs' in answer ? { ...answer, runs: [...answer.runs].sort() } : answer,
  )
}

/** One of each kind of search, and some together. */
const queries: readonly Partial<RunQuery>[] = [
  {},
  { flow: 'f' },
  { status: ['failed', 'parked'] },
  { status: ['ready', 'queued', 'waiting'], flow: 'g' },
  { status: ['completed', 'cancelled'] },
  { code: 'X', flow: 'f' },
  { key: 'k' },
  { key: 'k', status: ['queued', 'failed'] },
  { since: 20, until: 40 },
  { since: 30, status: ['waiting', 'completed'] },
  { event: 't/1' },
  { id: 'r' },
  { id: '1', flow: 'f' },
]

/** All pages of two, put together. Where they end belongs to each journal. */
async function pages(journal: Journal, query: Omit<RunQuery, 'limit'>): Promise<readonly RunRow[]> {
  const rows: RunRow[] = []
  let before: string | null = null
  do {
    const page: RunPage = await journal.list({ ...query, limit: 2, ...(before === null ? {} : { before }) })
    rows.push(...page.runs)
    before = page.next
  } while (before !== null)
  return rows
}

/** Everything that can be seen of a journal; positions count only by their order. */
export async function contents(journal: Journal): Promise<unknown> {
  const of = async (tenant: string): Promise<unknown> => ({
    lists: await Promise.all(queries.map((query) => pages(journal, { tenant, ...query }))),
    counts: await journal.counts(tenant),
    byFlow: await journal.countsByFlow(tenant),
    lines: await Promise.all(runs.map((run) => journal.line(tenant, run, 2))),
    cursor: await journal.cursor(tenant, 'c'),
    events: (await Promise.all(['t/1', 't/2', 't/3'].map((key) => journal.event(tenant, key)))).map(
      (one) => one && { ...one, runs: [...one.runs].sort() },
    ),
    loaded: (await journal.load([...runs, ...plainRuns].map((run) => ({ tenant, run })))).map(
      (run) => run && { ...run, inbox: run.inbox.map(({ position: _position, ...rest }) => rest) },
    ),
  })
  return {
    tenants: await Promise.all(tenants.map(of)),
    ready: await journal.ready({ limit: 100 }),
    readyOfFlow: await journal.ready({ limit: 100, flow: 'f' }),
    due: await journal.due({ now: 40, limit: 100 }),
    nextWake: await journal.nextWake(),
    values: await journal.values(['h1', 'h2', 'h3']),
  }
}

/** Batches of writes. */
export const anyPlan: fc.Arbitrary<readonly (readonly Operation[])[]> = fc
  .array(fc.array(anyOperation, { minLength: 1, maxLength: 4 }), { maxLength: 25 })
  .map(inTime)

/** Time does not go back between two slices of retention. */
function inTime(plan: readonly (readonly Operation[])[]): Operation[][] {
  let now = 0
  return plan.map((batch) =>
    batch.map((one) => {
      if (!('prune' in one)) return one
      now = Math.max(now, one.prune.now)
      return { prune: { ...one.prune, now } }
    }),
  )
}
