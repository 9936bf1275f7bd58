import { z } from 'zod'
import { decisionView } from './run.ts'

export const problemAnswer: z.ZodType = z
  .object({
    type: z.string().describe('The page of the code.'),
    title: z.string(),
    status: z.number(),
    code: z.string(),
    detail: z.string().optional(),
    errors: z
      .array(
        z.object({
          in: z.enum(['path', 'query', 'body']),
          field: z.string(),
          found: z.string(),
          expected: z.string(),
        }),
      )
      .optional()
      .describe('What is wrong with the input, part by part.'),
    decision: decisionView.optional().describe('What somebody decided before.'),
  })
  .meta({ id: 'Problem', description: 'RFC 9457 problem details.' })
