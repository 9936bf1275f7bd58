import type { RunKey, RunRow } from '../journal/journal.ts'
import type { Services } from './command.ts'
import { describeRun, readRun } from './describe.ts'
import type { HistoryEntry } from './entries.ts'
import { recomputeInputs } from './inputs.ts'
import type { FlowPlan } from './plan.ts'
import type { ChildView, RunAction, RunDetail, RunView, StepView } from './view.ts'

const mostNamed = 20
const mostChildren = 200

interface Parts {
  readonly services: Services
  /** Runs in memory. */
  readonly inProgress: () => ReadonlySet<string>
}

/** The story of a run with what stands around it, `null` when there is none. */
export async function detailOf(key: RunKey, { services, inProgress }: Parts): Promise<RunDetail | null> {
  const { journal } = services
  const read = await readRun(key, journal)
  if (read === null) return null
  const view = describeRun(read)
  const { row, entries } = read
  const plan = services.planOf(row.flow, row.version)
  const [place, children, inputs] = await Promise.all([
    journal.line(row.tenant, row.run, mostNamed),
    childrenOf(row, entries, services),
    recomputeInputs(read, plan, services),
  ])
  const unknownSteps = row.status === 'parked' ? namesOf(view.steps, 'unknown') : []
  const signals = signalsOf(view, entries, plan)
  return {
    ...view,
    ...place,
    steps: view.steps.map((step) => ({ ...step, input: inputs.byStep.get(step.name) })),
    input: view.event?.type === 'manual' ? view.event.data : undefined,
    inputsFit: inputs.fit,
    inMemory: inProgress().has(row.run),
    children,
    actions: actionsOf(view, { plan, signals, unknownSteps }),
    unknownSteps,
    signals,
  }
}

function namesOf(steps: readonly StepView[], state: StepView['state']): string[] {
  return steps.filter((step) => step.state === state).map(({ name }) => name)
}

async function childrenOf(
  { tenant }: RunRow,
  entries: readonly HistoryEntry[],
  { journal }: Services,
): Promise<ChildView[]> {
  const started = entries.flatMap((entry) =>
    entry.kind === 'step' && entry.body.t === 'child' && entry.body.e === undefined
      ? [{ step: entry.step, run: (entry.body.v as { run: string }).run }]
      : [],
  )
  const rows = await Promise.all(
    started.slice(0, mostChildren).map(async ({ step, run }) => ({ step, row: await journal.find(tenant, run) })),
  )
  return rows.flatMap(({ step, row }) =>
    row === null ? [] : [{ run: row.run, flow: row.flow, status: row.status, step }],
  )
}

function isLiving({ status }: RunRow): boolean {
  return status === 'ready' || status === 'queued' || status === 'waiting' || status === 'parked'
}

/** Those that a step rests for come first. */
function signalsOf(view: RunView, entries: readonly HistoryEntry[], plan: FlowPlan | null): string[] {
  if (!isLiving(view)) return []
  const names = Object.keys((plan?.flow.options.waits ?? {}) as object)
  const resting = new Set(namesOf(view.steps, 'waiting'))
  const awaited = new Set(
    entries.flatMap((entry) => (entry.kind === 'begun' && resting.has(entry.step) ? [entry.body.w] : [])),
  )
  return [...names.filter((name) => awaited.has(name)), ...names.filter((name) => !awaited.has(name))]
}

function actionsOf(
  view: RunView,
  known: {
    readonly plan: FlowPlan | null
    readonly signals: readonly string[]
    readonly unknownSteps: readonly string[]
  },
): RunAction[] {
  const { plan, signals, unknownSteps } = known
  const isFailed = view.status === 'failed'
  const allowed: Readonly<Record<RunAction, boolean>> = {
    decide: unknownSteps.length > 0,
    retry: (isFailed && view.undo === 'none') || (view.status === 'parked' && view.code !== 'OUTCOME_UNKNOWN'),
    signal: signals.length > 0,
    // Beside a run that goes on by itself a second one would do all of it twice.
    anew: plan !== null && (view.status === 'parked' || !isLiving(view)),
    cancel: isLiving(view) || isFailed,
  }
  return (Object.keys(allowed) as RunAction[]).filter((action) => allowed[action])
}
