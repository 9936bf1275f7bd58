import { z } from 'zod'

const time: z.ZodNumber = z.number().describe('Milliseconds since the epoch.')

export const budgetView: z.ZodType = z
  .object({
    connector: z.string(),
    connection: z.string().nullable().describe('null for a limit that all accounts of the app share.'),
    limit: z.string().nullable().describe('Name of the declared limit; null for what answers alone told.'),
    requests: z.number().nullable().describe('At most so many in perMs; points, where operations cost some.'),
    perMs: z.number().nullable(),
    used: z.number().nullable().describe('Taken in the last windowMs.'),
    windowMs: z.number().nullable(),
    allowed: z.number().nullable().describe('What may be taken in windowMs.'),
    flows: z
      .array(z.object({ flow: z.string().nullable().describe('null for calls outside flows.'), used: z.number() }))
      .describe('Who used it in the last windowMs, the most first.'),
    learnt: z
      .array(z.object({ name: z.string(), remaining: z.number(), quota: z.number().nullable(), resetsAt: time }))
      .describe('What answers of the provider told of it.'),
    pausedUntil: time.nullable().describe('Nothing goes before: the provider asked for it.'),
    waiting: z.number().describe('Calls that wait for their turn.'),
    postponed: z.number().describe('Steps that rest until their turn.'),
    doneAt: time.nullable().describe('When all of these have had their turn, at this rate.'),
  })
  .meta({ id: 'Budget', description: 'One limit of one account, or of the app, and how it stands.' })
