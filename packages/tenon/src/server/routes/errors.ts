import { errorMeanings, TenonError, type ErrorCode } from '../../base/errors.ts'
import { pageOf } from '../problem.ts'
import type { Route } from '../route.ts'

/** The pages that the `type` of a problem points to. */
export function errorRoutes(): readonly Route[] {
  return [
    {
      method: 'GET',
      path: '/errors/:code',
      auth: 'public',
      handle(request, reply) {
        const { code } = request.params as { code: string }
        if (!Object.hasOwn(errorMeanings, code)) throw new TenonError('NOT_FOUND', 'no such error code')
        void reply
          .header('content-type', 'text/plain; charset=utf-8')
          .header('x-content-type-options', 'nosniff')
          .send(pageOf(code as ErrorCode))
      },
    },
  ]
}
