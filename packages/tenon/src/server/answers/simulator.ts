import { z } from 'zod'

const time: z.ZodNumber = z.number().describe('Milliseconds since the epoch.')

const summaryShape = {
  connector: z.string(),
  baseUrl: z.string(),
  events: z.array(z.string()).describe('What can be made to happen.'),
  undelivered: z.number().describe('Webhooks that were not accepted yet.'),
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
    kind: z.enum(['genuine', 'duplicate', 'forged']),
    attempt: z.number(),
    status: z.number().nullable(),
    accepted: z.boolean(),
  })
  .meta({ id: 'Delivery', description: 'One try to deliver a webhook.' })

export const simulatorDetail: z.ZodType = z
  .object({
    ...summaryShape,
    state: z.record(z.string(), z.unknown()).describe('Its objects, by collection and id.'),
    requests: z.array(seenRequest).describe('Latest first.'),
    deliveries: z.array(delivery).describe('Latest first.'),
    samples: z.array(z.object({ event: z.string(), input: z.unknown().optional() })),
  })
  .meta({ id: 'SimulatorDetail', description: 'What a simulator holds and has seen.' })
