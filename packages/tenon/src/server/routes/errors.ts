import { z } from 'zod'
import { errorMeanings, TenonError, type ErrorCode } from '../../base/errors.ts'
import { textHeaders } from '../answer.ts'
import { pageOf } from '../problem.ts'
import type { Routes } from '../route.ts'

/** The pages that the `type` of a problem points to. */
export const routes: Routes = [
  {
    method: 'GET',
    path: '/errors/:code',
    right: 'public',
    summary: 'What an error code means, in plain words.',
    anyHost: true,
    params: z.object({ code: z.string() }),
    answers: { 200: 'text/plain' },
    serve(request, reply) {
      const { code } = request.params as { code: string }
      if (!Object.hasOwn(errorMeanings, code)) throw new TenonError('NOT_FOUND', 'no such error code')
      void reply.headers(textHeaders).send(pageOf(code as ErrorCode))
    },
  },
]
