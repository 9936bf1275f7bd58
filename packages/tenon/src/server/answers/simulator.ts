import { z } from 'zod'

const time: z.ZodNumber = z.number().describe('Milliseconds since the epoch.')

const summaryShape = {
  connector: z.string(),
  baseUrl: z.string(),
  events: z.array(z.string()).describe('What can be made to happen.'),
  undelivered: z.number().describe('Webhooks that were not accepted yet.'),
  fault: z.boolean().describe('True while a fault is set.'),
}

export const simulatorSummary: z.ZodType = z
  .object(summaryShape)
  .meta({ id: 'SimulatorSummary', description: 'A local stand-in for a provider.' })

const seenRequest = z
  .object({
    at: time,
    method: z.string(),
    path: z.string(),
    operation: z.string().nullable(),
    idempotencyKey: z.string().nullable(),
    bodyHash: z.string().nullable(),
    status: z.number().nullable(),
    fault: z.string().nullable(),
    replayed: z.boolean(),
    effect: z.boolean(),
  })
  .meta({ id: 'SeenRequest', description: 'One request that a simulator saw.' })

const delivery = z
  .object({
    at: time,
    event: z.string(),
    type: z.string(),
    kind: z.enum(['genuine', 'duplicate', 'forged', 'stale', 'wrong-secret', 'missing']),
    url: z.string().nullable().describe('Where it went.'),
    attempt: z.number(),
    status: z.number().nullable(),
    accepted: z.boolean(),
    nextAt: time.nullable().describe('When it comes again; null when it does not.'),
  })
  .meta({ id: 'Delivery', description: 'One try to deliver a webhook.' })

const faultShape = { about: z.enum(['request', 'webhook']), kind: z.string() }

const setFault = z
  .object({
    ...faultShape,
    of: z.string().optional().describe('Operation or event type; of all of them without.'),
    next: z.number().optional(),
    probability: z.number().optional(),
    delayMs: z.number().optional(),
    retryAfterS: z.number().optional(),
    left: z.number().nullable().describe('How many times more; null without end.'),
    played: z.number().describe('How many times so far.'),
  })
  .meta({ id: 'SetFault', description: 'A fault that a simulator plays.' })

const faultChoice = z
  .object({
    ...faultShape,
    text: z.string().describe('What happens, in plain words.'),
    takes: z
      .array(z.enum(['delayMs', 'retryAfterS']))
      .optional()
      .describe('Options that have a meaning for it.'),
    stays: z.boolean().optional().describe('True where it stays until it is taken back.'),
  })
  .meta({ id: 'FaultChoice', description: 'A fault that can be set.' })

export const simulatorDetail: z.ZodType = z
  .object({
    ...summaryShape,
    state: z.record(z.string(), z.record(z.string(), z.unknown())).describe('Its objects, by collection and id.'),
    requests: z.array(seenRequest).describe('Latest first.'),
    deliveries: z.array(delivery).describe('Latest first.'),
    samples: z.array(z.object({ event: z.string(), input: z.unknown().optional() })),
    operations: z.array(z.string()).describe('What a fault of requests may be set for.'),
    faults: z.array(setFault).describe('Those that are set now.'),
    faultChoices: z.array(faultChoice).describe('Those that can be set.'),
  })
  .meta({ id: 'SimulatorDetail', description: 'What a simulator holds and has seen.' })
