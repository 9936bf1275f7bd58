import { z } from 'zod'

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

const rowShape = {
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
}

export const runSummary: z.ZodType = z
  .object({ ...rowShape, inMemory: z.boolean().describe('In progress at the moment, not only in the journal.') })
  .meta({ id: 'RunSummary', description: 'One run.' })

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

const stepView = z
  .object({
    name: z.string(),
    kind: z.enum(['call', 'run', 'sleep', 'wait', 'child', 'child-result']),
    isUndo: z.boolean().describe('True for steps that take back earlier ones.'),
    state: z.enum(['running', 'waiting', 'completed', 'failed', 'unknown']),
    startedAt: time,
    endedAt: time.nullable(),
    attempts: z.array(attemptView),
    result: z.unknown().optional(),
    error: errorView.nullable(),
  })
  .meta({ id: 'StepView', description: 'One step of a run, with its tries.' })

export const runDetail: z.ZodType = z
  .object({
    ...rowShape,
    event: z
      .object({ id: z.string(), type: z.string(), at: time, source: z.string(), data: z.unknown().optional() })
      .nullable()
      .describe('The event that started it.'),
    steps: z.array(stepView),
    output: z.unknown().optional(),
    error: errorView.nullable(),
    waitsFor: z.string().nullable().describe('What it waits for, in plain words.'),
    undo: z.enum(['none', 'begun', 'done']),
  })
  .meta({ id: 'RunDetail', description: 'The story of one run.' })
