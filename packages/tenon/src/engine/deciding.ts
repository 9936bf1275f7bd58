import { TenonError } from '../base/errors.ts'
import { contentHash } from '../base/ids.ts'
import { decode } from '../base/json.ts'
import type { Journal } from '../journal/journal.ts'
import { describeRun, readRun, type ReadRun } from './describe.ts'
import type { DecideRequest } from './engine.ts'
import { wholeBody, type EntryBodies } from './entries.ts'
import type { DecisionView, StepView } from './view.ts'

interface Undecided {
  readonly step: StepView
  /** Names what is not known: of two decisions on the same, the journal takes one. */
  readonly id: string
}

/** What is to be decided. Rejects with `NOT_FOUND` for a step that is not there, and with `ORDER_REFUSED` for one whose outcome is known, or was decided already. */
export async function findUndecided(
  request: Pick<DecideRequest, 'tenant' | 'run' | 'step'>,
  journal: Journal,
): Promise<Undecided> {
  const read = await readRun(request, journal)
  const steps = read === null ? [] : describeRun(read).steps
  const step = steps.find(({ name }) => name === request.step)
  if (read === null || step === undefined)
    throw new TenonError(
      'NOT_FOUND',
      `run ${request.run} has no step named ${request.step}; it has ${steps.map(({ name }) => name).join(', ') || 'none'}`,
    )
  const decision =
    (await waitingDecision(read, step.name, journal)) ?? (step.state === 'unknown' ? null : step.decision)
  if (decision !== null) throw alreadyDecided(step, decision)
  const unknown = read.entries.findLast((entry) => entry.kind === 'unknown' && entry.step === step.name)
  if (step.state !== 'unknown' || unknown === undefined)
    throw new TenonError(
      'ORDER_REFUSED',
      `step ${step.name} is ${step.state}; only a step whose outcome is unknown can be decided`,
    )
  // A hash, so that no id that somebody gives a signal is the same.
  return { step, id: contentHash(`decision on ${request.run} ${unknown.seq}`) }
}

/** One that the run has not taken over yet. */
async function waitingDecision({ inbox }: ReadRun, step: string, journal: Journal): Promise<DecisionView | null> {
  const message = inbox.find(({ kind, name }) => kind === 'decision' && name === step)
  if (message === undefined) return null
  const body = await wholeBody(message.body, (hashes) => journal.values(hashes))
  const { kind, by } = decode(body) as EntryBodies['decision']
  return { kind, by, at: message.at }
}

function alreadyDecided({ name }: StepView, { kind, by, at }: DecisionView): TenonError {
  const what = { happened: 'that it happened', 'did-not-happen': 'that it did not happen', retry: 'to send it again' }
  return new TenonError(
    'ORDER_REFUSED',
    `step ${name} is decided already: ${by} decided ${what[kind]}, at ${new Date(at).toISOString()}`,
    { details: { decision: { kind, by, at } } },
  )
}
