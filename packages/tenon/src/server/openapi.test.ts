import { Validator } from '@seriousme/openapi-schema-validator'
import { fastify } from 'fastify'
import { describe, expect, test } from 'vitest'
import { z } from 'zod'
import { refuseUndeclared } from './mount.ts'
import { isDescribed, openApiOf } from './openapi.ts'
import { routeRights } from './rights.ts'
import { loadRoutes } from './route-folder.ts'
import type { ServerContext } from './context.ts'
import { defineRoute, type Route } from './route.ts'

const context = { journal: {}, simulators: [] } as unknown as ServerContext
const routes = await loadRoutes(context)

describe('API-07: the OpenAPI document', () => {
  const document = openApiOf(routes) as {
    openapi: string
    paths: Record<string, Record<string, { operationId: string; requestBody?: { content: object } }>>
    components: { schemas: object }
  }

  test('is valid by the schema of OpenAPI 3.1', async () => {
    const { valid, errors } = await new Validator().validate(structuredClone(document))
    expect(errors ?? []).toEqual([])
    expect([valid, document.openapi]).toEqual([true, expect.stringMatching(/^3\.1\./)])
  })

  test('has every route but webhooks and pages, each under a name of its own', () => {
    const served = routes.filter(isDescribed)
    expect(served.length).toBeGreaterThan(15)
    const operations = Object.values(document.paths).flatMap((methods) => Object.values(methods))
    expect(operations).toHaveLength(served.length)
    expect(new Set(operations.map(({ operationId }) => operationId)).size).toBe(served.length)
  })

  test('names its forms once, and every reference leads somewhere', () => {
    const named = Object.keys(document.components.schemas)
    expect(named).toEqual(expect.arrayContaining(['RunSummary', 'RunDetail', 'Problem']))
    const references = [...JSON.stringify(document).matchAll(/"\$ref":"([^"]+)"/g)].map(([, target]) => target)
    expect(references.filter((target) => !named.includes(target?.replace('#/components/schemas/', '') ?? ''))).toEqual(
      [],
    )
  })

  test('gives an example of each body, which fits', () => {
    const misfits = routes.flatMap(({ body, path }) => {
      if (body === undefined) return []
      const { examples: [example] = [] } = body.meta() as { examples?: unknown[] }
      return (body.safeParse(example).error?.issues ?? []).map((issue) => ({ path, issue }))
    })
    expect(misfits).toEqual([])
  })
})

describe('SEC-08: a route', () => {
  test('that declares no right stops the server from starting', () => {
    const server = fastify()
    refuseUndeclared(server)
    expect(() => server.get('/open', () => 'everything')).toThrow(/GET \/open declares no right/)
  })

  test('names a right that exists, in the folder that is the registry', () => {
    expect(routes.length).toBeGreaterThan(10)
    expect(routes.filter(({ right }) => !routeRights.has(right))).toEqual([])
  })

  test('that takes values has them in the types of its schemas', () => {
    const route: Route = defineRoute({
      method: 'GET',
      path: '/x',
      right: 'public',
      summary: 'x',
      query: z.strictObject({ limit: z.coerce.number() }),
      answers: { 200: z.object({ double: z.number() }) },
      handle: ({ query }) => ({ double: query.limit * 2 }),
    })
    expect(route.path).toBe('/x')
  })
})
