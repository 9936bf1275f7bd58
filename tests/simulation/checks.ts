import type { StoredRun } from '../../packages/tenon/src/journal/memory/state.ts'
import type { Entry } from './ledger.ts'
import type { Simulation } from './simulate.ts'

/** Everything that must hold at the end, from outside. */
export async function checkAll(simulation: Simulation): Promise<void> {
  // After the first problem the rest would only echo it.
  if (simulation.ledger.problems.length > 0) return
  checkEnded(simulation)
  checkStarts(simulation)
  for (const run of simulation.durable.runs) {
    checkDense(simulation, run)
    checkWaits(simulation, run)
    checkUndo(simulation, run)
  }
  if (simulation.ledger.problems.length === 0) await checkReplays(simulation)
}

// I8, I9: nothing is stuck, and nothing is held.
function checkEnded({ durable, ledger, lives, people, state, plants }: Simulation): void {
  for (const run of durable.runs) {
    if (!['completed', 'failed', 'cancelled'].includes(run.status))
      ledger.problem(
        `I8: run ${run.run} of ${run.flow} is ${run.status} (${run.code ?? 'no code'}) for ever, after ${run.entries.map(({ kind, step }) => `${kind} ${step ?? ''}`).join(', ')}`,
      )
    if (run.code === 'DIVERGED' || run.code === 'POISONED') ledger.problem(`run ${run.run} is ${run.code}`)
  }
  if (!people.isContent) ledger.problem('I1: an event is not accepted although nothing is wrong')
  for (const { engine } of lives) {
    const activity = engine?.activity()
    if (activity?.inProgress !== 0 || activity.readied !== 0)
      ledger.problem(`I7: at the end ${activity?.inProgress} runs are in progress, ${activity?.readied} readied`)
  }
  // Nodes that never look do not claim either.
  if (plants.lookEveryMs !== undefined) return
  for (const [flow, claims] of state.leases?.permits ?? [])
    for (const { member, held } of claims.values())
      if (held > 0) ledger.problem(`I7: at the end ${member} holds ${held} permits of ${flow}`)
}

// I1: every accepted event has exactly its runs.
function checkStarts({ durable, ledger, flows, people }: Simulation): void {
  for (const { event, runs } of people.outbox) {
    const wanted = flows.filter((made) => `shop/${made.event}` === event.type).map(({ name }) => name)
    const started = [...durable.runs].filter(({ eventKey }) => eventKey === `shop/${event.id}`)
    const found = started.map(({ flow }) => flow)
    if (found.toSorted().join() !== wanted.toSorted().join())
      ledger.problem(
        `I1: event ${event.id} started ${found.join() || 'nothing'}, expected ${wanted.join() || 'nothing'}`,
      )
    for (const run of started)
      if (runs !== null && !runs.includes(run.run))
        ledger.problem(`I1: the answer to ${event.id} does not name ${run.run}`)
  }
}

// I4.
function checkDense({ ledger }: Simulation, run: StoredRun): void {
  for (const [index, { seq }] of run.entries.entries())
    if (seq !== index + 1) ledger.problem(`I4: entry ${index + 1} of ${run.run} has number ${seq}`)
  if (run.lastSeq !== run.entries.length)
    ledger.problem(`I4: run ${run.run} counts ${run.lastSeq} entries and has ${run.entries.length}`)
}

const marginMs = 3_600_000

// I6: what came is taken once; nobody waits in vain for what is there.
function checkWaits(simulation: Simulation, run: StoredRun): void {
  const { durable, ledger, people, hasJumped, observations } = simulation
  const entries = durable.entries(run.run)
  const results = finals(entries)
  const taken = new Set<string>()
  for (const { body, step } of results.values()) {
    const id = waitKind(step) === null ? null : eventIdOf(body.v)
    if (id === null) continue
    if (taken.has(id)) ledger.problem(`I6: ${id} was taken twice by ${run.run}, the second time by ${step}`)
    taken.add(id)
  }
  for (const begun of entries) {
    const kind =
      begun.body.t === 'wait' && begun.kind === 'begun' ? (begun.body.m === undefined ? 'signal' : 'event') : null
    const result = results.get(begun.step ?? '')
    if (
      kind === null ||
      hasJumped ||
      !observations.hasGot(run.run, begun.step ?? '') ||
      durable.retries(run.run) > 0 ||
      result?.body.e?.code !== 'TIMEOUT'
    )
      continue
    const until = (begun.body.until ?? 0) - marginMs
    const missed =
      kind === 'event'
        ? people.outbox
            .filter(
              ({ event, runs }) =>
                runs !== null &&
                isFor(event, begun) &&
                cameWithin(simulation, event.id, { run, until }) &&
                !taken.has(event.id),
            )
            .map(({ event }) => event.id)
        : people.signals
            .filter((signal) => signal.run === run.run && signal.at < until && !isTaken(results, signal.id))
            .map(({ id }) => id)
    if (missed.length > 0)
      ledger.problem(`I6: ${begun.step} of ${run.run} timed out although ${missed.join()} had come`)
  }
}

// Behind the start of the run in the journal's order, whatever the clocks of those who wrote them said (decision 43).
function cameWithin(
  { state }: Simulation,
  id: string,
  { run, until }: { readonly run: StoredRun; readonly until: number },
): boolean {
  const event = [...state.events.values()].find(({ key }) => key === `shop/${id}`)
  return event !== undefined && event.number > run.number && event.at < until
}

function isFor(event: { readonly type: string; readonly data: unknown }, begun: Entry): boolean {
  return event.type === 'shop/delivered' && (event.data as { shipment: string }).shipment === begun.body.m?.['shipment']
}

function finals(entries: readonly Entry[]): Map<string, Entry> {
  const results = new Map<string, Entry>()
  for (const entry of entries) if (entry.kind === 'step' && entry.step !== null) results.set(entry.step, entry)
  return results
}

function waitKind(step: string | null): string | null {
  return step
}

function eventIdOf(value: unknown): string | null {
  if (typeof value !== 'object' || value === null || !('type' in value) || !('id' in value)) return null
  const { id, type, data } = value as { id: string; type: string; data: unknown }
  if (type === 'signal') return (data as { id: string }).id
  return type === 'shop/delivered' ? id : null
}

function isTaken(results: ReadonlyMap<string, Entry>, signal: string): boolean {
  return [...results.values()].some(({ body }) => eventIdOf(body.v) === signal)
}

// Each registered way back of a failed or cancelled run is walked, in reverse order, once.
function checkUndo({ durable, ledger, undoable, provider }: Simulation, run: StoredRun): void {
  const entries = durable.entries(run.run)
  const begun = entries.find(({ kind }) => kind === 'undo')
  const results = [...finals(entries.filter(({ seq }) => begun === undefined || seq < begun.seq)).values()].sort(
    (a, b) => a.seq - b.seq,
  )
  const wanted = results
    .filter(({ body, step }) => body.e === undefined && undoable.has(`${run.run} ${step}`))
    .map(({ step }) => step)
  const undone = entries.filter(({ kind, step }) => kind === 'step' && step?.startsWith('undo(') === true)
  const found = undone.map(({ step }) => /^undo\((.*)\)\//.exec(step ?? '')?.[1])
  const expected = run.status === 'completed' ? [] : wanted.toReversed()
  if (found.join() !== expected.join())
    ledger.problem(`undo: ${run.run} is ${run.status} and took back <${found.join()}>, expected <${expected.join()}>`)
  for (const { step, body } of undone)
    if (
      step?.includes('release') === true &&
      body.e === undefined &&
      !isOnce(provider.effectsOf(run.run, step).length, provider.allowedOf(run.run, step))
    )
      ledger.problem(`undo: ${step} of ${run.run} took effect ${provider.effectsOf(run.run, step).length} times`)
}

// I5, rule 2.
async function checkReplays(simulation: Simulation): Promise<void> {
  const { ledger, life, weather, durable, observations, stays } = simulation
  simulation.isDry = true
  weather.listsAll = true
  let isOver = false
  life.engine?.check('default').then(
    (divergences) => {
      isOver = true
      for (const { run, expected, found } of divergences)
        ledger.problem(`I5: run ${run} diverges on replay: expected ${expected}, found ${found}`)
    },
    (error: unknown) => ledger.problem(`I5: replaying failed: ${String(error)}`),
  )
  await simulation.settle()
  if (!isOver) ledger.problem('I5: a dry replay does not end')
  for (const stay of stays)
    if (!observations.isComplete(stay)) ledger.problem(`rule 2: a replay of ${stay.run} gets less than the run got`)
  if (stays.length !== [...durable.runs].length)
    ledger.problem(`I5: ${stays.length} of ${[...durable.runs].length} runs were replayed`)
}

function isOnce(effects: number, allowed: number): boolean {
  return effects >= 1 && effects <= allowed
}
