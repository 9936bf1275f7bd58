import { z } from 'zod'
import { TenonError } from '../../base/errors.ts'
import { faultChoices, type Fault, type RunningSimulator } from '../../simulator/simulator.ts'
import { simulatorDetail, simulatorSummary } from '../answers/simulator.ts'
import type { ServerContext } from '../context.ts'
import { defineRoute, type Routes } from '../route.ts'

const shownAtOnce = 500

const path = '/api/v1/simulators'
const params = z.strictObject({ connector: z.string() })
const text = z.string().min(1, { error: 'a text that is not empty' })
const fromZero = z.number().min(0, { error: 'a number from 0 up' })

const fault = z
  .strictObject({
    kind: z.enum([...faultChoices.map(({ kind }) => kind), 'revoke-tokens']),
    of: text.optional().describe('Operation or event type; default is all of them.'),
    next: fromZero.optional().describe('How many times; default once, or without end where a probability is given.'),
    probability: fromZero.max(1, { error: 'a number from 0 to 1' }).optional(),
    delayMs: fromZero.optional(),
    retryAfterS: fromZero.optional(),
  })
  .meta({ examples: [{ kind: 'error', next: 3 }] })

/** The local stand-ins for providers: look into them, make an event happen, or make something go wrong. */
export const routes: Routes = [
  defineRoute({
    method: 'GET',
    path,
    right: 'simulators:read',
    summary: 'The simulators that are running.',
    answers: { 200: z.object({ simulators: z.array(simulatorSummary) }) },
    handle: (_asked, { simulators }) => ({ simulators: simulators.map(summaryOf) }),
  }),
  defineRoute({
    method: 'GET',
    path: `${path}/:connector`,
    right: 'simulators:read',
    summary: 'What a simulator holds and has seen.',
    params,
    shows: 'data',
    answers: { 200: simulatorDetail },
    handle({ params: { connector } }, context) {
      const simulator = find(context, connector)
      return {
        ...summaryOf(simulator),
        state: simulator.state(),
        requests: latest(simulator.requests()),
        deliveries: latest(simulator.deliveries()),
        samples: simulator.samples,
        operations: simulator.operations,
        faults: simulator.faults.list(),
        faultChoices,
      }
    },
  }),
  defineRoute({
    method: 'POST',
    path: `${path}/:connector/events`,
    right: 'simulators:write',
    summary: 'Makes an event happen, and its webhook.',
    params,
    body: z
      .strictObject({ event: text, data: z.unknown().optional().describe("Default is the simulator's own example.") })
      .meta({ examples: [{ event: 'payment_intent.succeeded' }] }),
    shows: 'data',
    answers: { 202: z.object({ connector: z.string(), event: z.string(), made: z.unknown().optional() }) },
    async handle({ params: { connector }, body: { event, data } }, context) {
      const simulator = find(context, connector)
      const sample = simulator.samples.find((candidate) => candidate.event === event)
      return { connector, event, made: await simulator.emit(event, data ?? sample?.input) }
    },
  }),
  defineRoute({
    method: 'POST',
    path: `${path}/:connector/faults`,
    right: 'simulators:write',
    summary: 'Makes something go wrong.',
    params,
    body: fault,
    answers: { 202: z.object({ connector: z.string(), fault: z.unknown() }) },
    handle({ params: { connector }, body }, context) {
      setFault(find(context, connector), body)
      return { connector, fault: body }
    },
  }),
  defineRoute({
    method: 'DELETE',
    path: `${path}/:connector/faults`,
    right: 'simulators:write',
    summary: 'Ends all faults of a simulator.',
    params,
    answers: { 202: z.object({ connector: z.string(), fault: z.null() }) },
    handle({ params: { connector } }, context) {
      find(context, connector).faults.clear()
      return { connector, fault: null }
    },
  }),
]

function find({ simulators }: ServerContext, connector: string): RunningSimulator {
  const found = simulators.find((simulator) => simulator.connector === connector)
  if (found !== undefined) return found
  const known = simulators.map((simulator) => simulator.connector).join(', ')
  throw new TenonError('NOT_FOUND', `there is no simulator of ${connector}; running: ${known === '' ? 'none' : known}`)
}

function latest<Entry>(entries: readonly Entry[]): readonly Entry[] {
  return entries.slice(-shownAtOnce).toReversed()
}

function summaryOf({ connector, baseUrl, events, undelivered, faults }: RunningSimulator) {
  return { connector, baseUrl, events, undelivered: undelivered(), fault: faults.list().length > 0 }
}

function setFault({ faults }: RunningSimulator, set: z.output<typeof fault>): void {
  if (set.kind === 'revoke-tokens') faults.revokeTokens()
  else faults.set(set as Fault)
}
