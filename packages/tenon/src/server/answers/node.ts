import { z } from 'zod'

const time: z.ZodNumber = z.number().describe('Milliseconds since the epoch, by the database.')

const figures = {
  batches: z.number(),
  writes: z.number(),
  commitMs: z.number().describe('Of all batches together, from asking to the answer.'),
}

const node = z
  .object({
    id: z.string(),
    name: z.string().describe("The machine's name and the number of the process."),
    version: z.string(),
    isThis: z.boolean().describe('It is the one that answers.'),
    joinedAt: time,
    seenAt: time.describe('Of the latest sign of life.'),
    heldUntil: time.describe('Without another sign of life its work is taken over then.'),
    isLeaving: z.boolean().describe('It gives its work to the others, and is about to end.'),
    partitions: z.number(),
    ready: z.number().describe('Runs of its partitions that may go on; counted up to 10,000.'),
    waiting: z
      .number()
      .describe('Runs of its partitions that wait for a time, or at most until one; counted up to 10,000.'),
    figures: z
      .object({ ...figures, latest: z.object(figures).describe('The same of the last half minute.') })
      .describe('What it wrote to the journal, as it said with its latest sign of life.'),
  })
  .meta({ id: 'Node', description: 'One of the nodes that share a database.' })

export const clusterView: z.ZodType = z
  .object({
    at: time,
    partitions: z.number().describe('Into how many parts runs are divided.'),
    unheld: z.number().describe('Those of them that no node holds at the moment.'),
    nodes: z.array(node).describe('In the order in which they joined.'),
  })
  .meta({ id: 'Cluster', description: 'The nodes that share a database, and who holds what.' })
