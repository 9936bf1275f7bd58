import { TenonError } from '../../base/errors.ts'
import type {
  RequestFault,
  RequestFaultKind,
  RunningSimulator,
  WebhookFault,
  WebhookFaultKind,
} from '../../simulator/simulator.ts'
import { answer, membersOf, optionalText, textMember } from '../operator-request.ts'
import type { Route } from '../route.ts'
import type { ServerContext } from '../server.ts'

const requestFaults: readonly RequestFaultKind[] = [
  'rate-limit',
  'error',
  'error-after',
  'hang',
  'hang-after',
  'reset',
  'drop',
  'slow',
]
const webhookFaults: readonly WebhookFaultKind[] = ['duplicate', 'late', 'out-of-order', 'forged']

/** The local stand-ins for providers: make an event happen, or make something go wrong. */
export function simulatorRoutes({ simulators }: ServerContext): readonly Route[] {
  const find = (params: unknown): RunningSimulator => {
    const { connector } = params as { connector: string }
    const found = simulators.find((simulator) => simulator.connector === connector)
    if (found !== undefined) return found
    const known = simulators.map((simulator) => simulator.connector).join(', ')
    throw new TenonError(
      'NOT_FOUND',
      `there is no simulator of ${connector}; running: ${known === '' ? 'none' : known}`,
    )
  }
  const at = (method: Route['method'], path: string, handle: Route['handle']): Route => ({
    method,
    path: `/api/v1/simulators${path}`,
    auth: 'operator',
    handle,
  })
  return [
    at('GET', '', (_request, reply) => answer(reply, { simulators: simulators.map(summaryOf) })),
    at('GET', '/:connector', (request, reply) => {
      const simulator = find(request.params)
      answer(reply, {
        ...summaryOf(simulator),
        state: simulator.state(),
        requests: simulator.requests(),
        deliveries: simulator.deliveries(),
      })
    }),
    at('POST', '/:connector/events', async (request, reply) => {
      const simulator = find(request.params)
      const members = membersOf(request)
      const event = optionalText(members, 'event')
      const sample = simulator.samples.find((candidate) => candidate.event === event)
      if (event === undefined)
        throw new TenonError(
          'INPUT_INVALID',
          `event is missing; ${simulator.connector} can make happen: ${simulator.events.join(', ')}`,
        )
      const made = await simulator.emit(event, members['data'] ?? sample?.input)
      answer(reply, { connector: simulator.connector, event, made }, 202)
      return reply
    }),
    at('POST', '/:connector/faults', (request, reply) => {
      const simulator = find(request.params)
      const fault = setFault(simulator, membersOf(request))
      answer(reply, { connector: simulator.connector, fault }, 202)
    }),
    at('DELETE', '/:connector/faults', (request, reply) => {
      const simulator = find(request.params)
      simulator.faults.clear()
      answer(reply, { connector: simulator.connector, fault: null }, 202)
    }),
  ]
}

function summaryOf({ connector, baseUrl, events, undelivered }: RunningSimulator): object {
  return { connector, baseUrl, events, undelivered: undelivered() }
}

function setFault(simulator: RunningSimulator, members: Readonly<Record<string, unknown>>): object {
  const kind = textMember(members, 'kind')
  const of = optionalText(members, 'of')
  const numbers = Object.fromEntries(
    ['next', 'probability', 'delayMs', 'retryAfterS'].flatMap((name) =>
      members[name] === undefined ? [] : [[name, numberMember(members, name)]],
    ),
  )
  const fault = { kind, ...(of === undefined ? {} : { of }), ...numbers }
  if (kind === 'revoke-tokens') simulator.faults.revokeTokens()
  else if (requestFaults.includes(kind as RequestFaultKind)) simulator.faults.request(fault as RequestFault)
  else if (webhookFaults.includes(kind as WebhookFaultKind)) simulator.faults.webhook(fault as WebhookFault)
  else
    throw new TenonError(
      'INPUT_INVALID',
      `kind is not one of ${[...requestFaults, ...webhookFaults, 'revoke-tokens'].join(', ')}`,
    )
  return fault
}

function numberMember(members: Readonly<Record<string, unknown>>, name: string): number {
  const value = members[name]
  if (typeof value === 'number' && Number.isFinite(value) && value >= 0) return value
  throw new TenonError('INPUT_INVALID', `${name} is not a number from 0 up`)
}
