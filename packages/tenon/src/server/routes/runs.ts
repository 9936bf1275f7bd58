import type { FastifyRequest } from 'fastify'
import { TenonError } from '../../base/errors.ts'
import { requireId } from '../../base/ids.ts'
import type { Decision } from '../../engine/engine.ts'
import type { RunQuery, RunRow, RunStatus } from '../../journal/journal.ts'
import { answer, membersOf, optionalText, textMember } from '../operator-request.ts'
import type { Route } from '../route.ts'
import { findRun } from '../find-run.ts'
import type { ServerContext } from '../server.ts'

const statuses: readonly RunStatus[] = ['ready', 'queued', 'waiting', 'parked', 'completed', 'failed', 'cancelled']
const defaultPage = 50
const largestPage = 500

/** Runs, as an operator sees and steers them. Every look-up is by tenant and id. */
export function runRoutes(context: ServerContext): readonly Route[] {
  return [...lookingRoutes(context), startRoute(context), ...steeringRoutes(context)]
}

function at(method: Route['method'], path: string, handle: Route['handle']): Route {
  return { method, path: `/api/v1/runs${path}`, auth: 'operator', handle }
}

function nameIn(request: FastifyRequest): string {
  return (request.params as { run: string }).run
}

function lookingRoutes({ engine, operator: { tenant } }: ServerContext): readonly Route[] {
  return [
    at('GET', '', async (request, reply) => {
      const query = queryOf(tenant, request.query as Record<string, unknown>)
      const runs = await engine.list(query)
      answer(reply, { runs: runs.map(rowOf), next: runs.length === query.limit ? (runs.at(-1)?.run ?? null) : null })
      return reply
    }),
    at('GET', '/:run', async (request, reply) => {
      const run = await findRun(engine, tenant, nameIn(request))
      answer(reply, await engine.describe(tenant, run))
      return reply
    }),
  ]
}

function startRoute({ engine, operator: { tenant } }: ServerContext): Route {
  return at('POST', '', async (request, reply) => {
    const members = membersOf(request)
    const flow = requireId(textMember(members, 'flow'), 'flow')
    const id = optionalText(members, 'id')
    const named = id === undefined ? {} : { id: requireId(id, 'id') }
    answer(reply, await engine.start({ tenant, flow, input: members['input'], ...named }), 202)
    return reply
  })
}

type Members = Readonly<Record<string, unknown>>

/** Orders to one run, which is named whole or by a part of its id. */
function steeringRoutes({ engine, operator: { tenant } }: ServerContext): readonly Route[] {
  const order = (path: string, act: (run: string, members: Members) => Promise<object | void>): Route =>
    at('POST', `/:run${path}`, async (request, reply) => {
      const run = await findRun(engine, tenant, nameIn(request))
      answer(reply, { run, ...(await act(run, membersOf(request))) }, 202)
      return reply
    })
  return [
    order('/retry', (run) => engine.retry({ tenant, run })),
    order('/anew', (run) => engine.startAnew({ tenant, run })),
    order('/cancel', (run, members) =>
      engine.cancel({ tenant, run, reason: optionalText(members, 'reason') ?? 'cancelled by an operator' }),
    ),
    order('/signals', (run, members) => {
      const id = optionalText(members, 'id')
      const named = id === undefined ? {} : { id: requireId(id, 'id') }
      return engine.signal({ tenant, run, name: textMember(members, 'name'), data: members['data'], ...named })
    }),
    order('/decisions', (run, members) => {
      const by = optionalText(members, 'by') ?? 'operator'
      return engine.decide({ tenant, run, step: textMember(members, 'step'), decision: decisionOf(members), by })
    }),
  ]
}

function queryOf(tenant: string, query: Record<string, unknown>): RunQuery {
  const limit = query['limit'] === undefined ? defaultPage : Number(query['limit'])
  if (!Number.isInteger(limit) || limit < 1 || limit > largestPage) {
    throw new TenonError('INPUT_INVALID', `limit is not a whole number from 1 to ${largestPage}`)
  }
  const status = optionalText(query, 'status')
  if (status !== undefined && !statuses.includes(status as RunStatus))
    throw new TenonError('INPUT_INVALID', `status is not one of ${statuses.join(', ')}`)
  const [flow, key, before] = [optionalText(query, 'flow'), optionalText(query, 'key'), optionalText(query, 'before')]
  return {
    tenant,
    limit,
    ...(flow === undefined ? {} : { flow }),
    ...(key === undefined ? {} : { key }),
    ...(status === undefined ? {} : { status: status as RunStatus }),
    ...(before === undefined ? {} : { before: requireId(before, 'before') }),
  }
}

function rowOf({
  run,
  flow,
  version,
  status,
  key,
  createdAt,
  updatedAt,
  endedAt,
  wakeAt,
  code,
  parent,
  linked,
}: RunRow): object {
  return { run, flow, version, status, key, createdAt, updatedAt, endedAt, wakeAt, code, parent, linked }
}

function decisionOf(members: Members): Decision {
  const kind = textMember(members, 'decision')
  switch (kind) {
    case 'happened':
      return { kind, result: members['result'] }
    case 'did-not-happen':
    case 'retry':
      return { kind }
    default:
      throw new TenonError('INPUT_INVALID', 'decision is not one of happened, did-not-happen, retry')
  }
}
