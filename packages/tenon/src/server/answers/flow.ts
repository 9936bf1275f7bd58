import { z } from 'zod'
import { runStatuses, runSummary, stepKind } from './run.ts'

const time: z.ZodNumber = z.number().describe('Milliseconds since the epoch.')

/** A number for each status. */
const runCounts: z.ZodType = z
  .object(Object.fromEntries(runStatuses.map((status) => [status, z.number()])))
  .meta({ id: 'RunCounts', description: 'Runs by status.' })

const triggerView = z
  .object({
    kind: z.enum(['event', 'schedule', 'manual']),
    connector: z.string().optional(),
    type: z.string().optional(),
    cron: z.string().optional(),
    timeZone: z.string().optional(),
    nextAt: time.nullable().optional().describe('When a schedule comes next.'),
    text: z.string().describe('In plain words.'),
  })
  .meta({ id: 'TriggerView', description: 'What starts the runs of a flow.' })

const summaryShape = {
  name: z.string(),
  versions: z.array(z.number()),
  description: z.string().nullable(),
  trigger: triggerView,
  uses: z.array(z.object({ alias: z.string(), connector: z.string() })).describe('The only systems its runs may call.'),
  waits: z.array(z.object({ name: z.string(), source: z.string() })),
  keyed: z.boolean().describe('True where runs with one key go one at a time.'),
  concurrency: z.number().nullable(),
  paused: z.boolean().describe('Events are taken, and their runs wait.'),
  counts: runCounts,
}

export const flowSummary: z.ZodType = z.object(summaryShape).meta({ id: 'FlowSummary', description: 'One flow.' })

const flowPicture = z
  .object({
    runs: z.number().describe('How many of the latest it was learnt from.'),
    nodes: z.array(
      z.object({
        step: z.string(),
        kind: stepKind,
        isUndo: z.boolean(),
        seen: z.number(),
        failed: z.number(),
        p50Ms: z.number().nullable(),
        alias: z.string().nullable(),
        operation: z.string().nullable(),
      }),
    ),
    edges: z
      .array(z.object({ from: z.string().nullable(), to: z.string().nullable(), seen: z.number() }))
      .describe('null is the start, or the end; parallel steps share where they come from.'),
  })
  .meta({ id: 'FlowPicture', description: 'What runs of a flow really did.' })

export const flowDetail: z.ZodType = z
  .object({
    ...summaryShape,
    schema: z.record(z.string(), z.unknown()).nullable().describe("JSON Schema of the event's data, or of the input."),
    sample: z.unknown().describe('An example of these; null where there is none.'),
    picture: flowPicture,
    recent: z.array(runSummary),
  })
  .meta({ id: 'FlowDetail', description: 'One flow, what starts it, and what its runs did.' })
