import { z } from 'zod'
import type { RunSummary } from '../../engine/view.ts'

export const runStatuses = ['ready', 'queued', 'waiting', 'parked', 'completed', 'failed', 'cancelled'] as const

export const text: z.ZodString = z.string().min(1, { error: 'a text that is not empty' })

/** The parameters of a route about one run. */
export const runParams: z.ZodObject<{ run: z.ZodString }, z.core.$strict> = z.strictObject({
  run: text.describe('Its id, or a beginning or end of it that only one run has.'),
})

const time: z.ZodNumber = z.number().describe('Milliseconds since the epoch.')

export const runStatus: z.ZodType = z.enum(runStatuses).meta({
  id: 'RunStatus',
  description:
    'ready: may go on now. queued: behind another run with its key. waiting: for a timer, an event or another run. parked: needs a person. The last three are ends.',
})

const summaryShape = {
  run: z.string(),
  flow: z.string(),
  version: z.number(),
  status: runStatus,
  key: z.string().nullable(),
  createdAt: time,
  updatedAt: time,
  endedAt: time.nullable(),
  wakeAt: time.nullable().describe('When it goes on at the latest, for a run that waits.'),
  code: z.string().nullable().describe('Error code of a failed or parked run.'),
  parent: z.object({ run: z.string(), step: z.string() }).nullable().describe('The step that started it.'),
  linked: z.string().nullable().describe('The run that this one was started anew from.'),
  inMemory: z.boolean().describe('In progress at the moment, not only in the journal.'),
}

export const runSummary: z.ZodType = z.object(summaryShape).meta({ id: 'RunSummary', description: 'One run.' })

/** One run in the form of `runSummary`: what is inside stays inside. */
export function summaryOf(
  row: RunSummary,
): Omit<RunSummary, 'tenant' | 'inLine' | 'lastSeq' | 'recoveries' | 'eventKey'> {
  const { run, flow, version, status, key, createdAt, updatedAt, endedAt, wakeAt, code, parent, linked, inMemory } = row
  return { run, flow, version, status, key, createdAt, updatedAt, endedAt, wakeAt, code, parent, linked, inMemory }
}

const errorView = z
  .object({ name: z.string(), code: z.string(), message: z.string() })
  .meta({ id: 'ErrorView', description: 'What went wrong, with its stable code.' })

const attemptView = z
  .object({
    number: z.number(),
    startedAt: time,
    endedAt: time.nullable(),
    error: errorView.nullable(),
    retryAt: time.nullable(),
  })
  .meta({ id: 'AttemptView', description: 'One try of a step.' })

export const decisionView: z.ZodType = z
  .object({ kind: z.enum(['happened', 'did-not-happen', 'retry']), by: z.string(), at: time })
  .meta({ id: 'DecisionView', description: 'What a person decided of a step whose outcome was unknown.' })

export const stepKind: z.ZodType = z.enum(['call', 'run', 'sleep', 'wait', 'child', 'child-result'])

const stepView = z
  .object({
    name: z.string(),
    kind: stepKind,
    isUndo: z.boolean().describe('True for steps that take back earlier ones.'),
    state: z.enum(['running', 'waiting', 'completed', 'failed', 'unknown']),
    startedAt: time,
    endedAt: time.nullable(),
    attempts: z.array(attemptView),
    postponed: z
      .object({ reason: errorView, until: time })
      .nullable()
      .describe('It waits for its turn, such as for a limit of the provider; that is no try.'),
    decision: decisionView.nullable().describe('What a person decided of its unknown outcome.'),
    input: z.unknown().optional().describe('What the code as it is now gives it, where that is known.'),
    result: z.unknown().optional(),
    error: errorView.nullable(),
  })
  .meta({ id: 'StepView', description: 'One step of a run, with its tries.' })

const runAction = z.enum(['retry', 'anew', 'cancel', 'signal', 'decide'])

export const runDetail: z.ZodType = z
  .object({
    ...summaryShape,
    event: z
      .object({ id: z.string(), type: z.string(), at: time, source: z.string(), data: z.unknown().optional() })
      .nullable()
      .describe('The event that started it.'),
    input: z.unknown().optional().describe('What it was started with, by hand or by another run.'),
    steps: z.array(stepView),
    inputsFit: z
      .boolean()
      .describe(
        'False where the code no longer fits this run, or where it would end the process again: inputs from there on are not known.',
      ),
    output: z.unknown().optional(),
    error: errorView.nullable(),
    waitsFor: z.string().nullable().describe('What it waits for, in plain words.'),
    undo: z.enum(['none', 'begun', 'done']),
    ahead: z.string().nullable().describe('The run that holds the key, for one that is queued.'),
    behind: z.array(z.object({ run: z.string(), createdAt: time })).describe('The first runs that wait for its key.'),
    behindCount: z.number().describe('All of these, counted up to 10,000.'),
    children: z.array(z.object({ run: z.string(), flow: z.string(), status: runStatus, step: z.string() })),
    actions: z.array(runAction).describe('What its state allows now.'),
    unknownSteps: z.array(z.string()).describe('Steps that wait for a decision.'),
    signals: z.array(z.string()).describe('Names that it would take a signal by; those that it waits for come first.'),
  })
  .meta({ id: 'RunDetail', description: 'The story of one run, what stands around it, and what may be done about it.' })

const sentBody = z.string().nullable().describe('As text; null where there was none, or it is not text.')
const sentHeaders = z.record(z.string(), z.string()).describe('Secrets in them read [secret].')
const truncated = z.boolean().describe('True where the body is longer than what is kept.')

export const exchange: z.ZodType = z
  .object({
    step: z.string(),
    attempt: z.number(),
    at: time.describe('When it left.'),
    tookMs: z.number().nullable().describe('Until the answer was there.'),
    request: z.object({ method: z.string(), url: z.string(), headers: sentHeaders, body: sentBody, truncated }),
    answer: z.object({ status: z.number(), headers: sentHeaders, body: sentBody, truncated }).nullable(),
    error: errorView.nullable().describe('What the try failed by.'),
  })
  .meta({ id: 'Exchange', description: 'What one try of a call sent and got, without secrets.' })
