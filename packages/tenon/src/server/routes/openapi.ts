import { z } from 'zod'
import { jsonHeaders } from '../answer.ts'
import { openApiOf } from '../openapi.ts'
import type { Route, Routes } from '../route.ts'

/** Made when it is first asked for: most servers never are. */
const made = new WeakMap<readonly Route[], string>()

/** The description of this API, from the very schemas that it judges by. */
export const routes: Routes = [
  {
    method: 'GET',
    path: '/api/v1/openapi.json',
    right: 'public',
    summary: 'This API, as an OpenAPI 3.1 document.',
    answers: { 200: z.looseObject({ openapi: z.string() }) },
    serve(_request, reply, { routes: all }) {
      const text = made.get(all) ?? JSON.stringify(openApiOf(all))
      made.set(all, text)
      void reply.headers(jsonHeaders).send(text)
    },
  },
]
