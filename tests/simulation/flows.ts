import { z } from 'zod'
import { TerminalError } from '../../packages/tenon/src/base/errors.ts'
import { noAuth } from '../../packages/tenon/src/definition/auth.ts'
import { defineConnector } from '../../packages/tenon/src/definition/connector.ts'
import { defineFlow, type Flow, type FlowOptions } from '../../packages/tenon/src/definition/flow.ts'
import { operation } from '../../packages/tenon/src/definition/operation.ts'
import { manual, signal } from '../../packages/tenon/src/definition/trigger.ts'
import { unverified } from '../../packages/tenon/src/definition/verifier.ts'
import type { Random } from '../chaos/random.ts'
import { Interpreter, type Around, type Context } from './interpreter.ts'
import { makeShape, type Node } from './shape.ts'

const anything = z.any()
const change = { method: 'POST', path: '/x', input: anything, output: anything } as const

export const shop = defineConnector('shop', {
  baseUrl: 'https://shop.test',
  auth: noAuth(),
  idempotency: { header: 'idempotency-key', life: '24h' },
  operations: {
    read: operation({ method: 'GET', path: '/x', input: anything, output: anything }),
    put: operation(change),
    release: operation(change),
    book: operation({
      ...change,
      idempotency: false,
      lookup: { operation: 'read', input: () => ({}), found: () => null },
    }),
    tell: operation({ ...change, idempotency: false }),
  },
  events: {
    ordered: { data: anything },
    returned: { data: anything },
    delivered: { data: anything, correlate: { shipment: (data: { shipment?: string }) => data.shipment } },
  },
  webhooks: { verify: unverified('a simulation'), read: () => [] },
})

/** A generated flow, and what the checks need to know of it. */
export interface Made {
  readonly name: string
  /** By version, from 1: only what they do differs. */
  readonly shapes: readonly [Node, Node]
  /** Event type that starts it, `null` for one that is only started by hand or by another. */
  readonly event: 'ordered' | 'returned' | null
  readonly concurrency: number
  readonly options: object
}

export function makeFlows(random: Random): Made[] {
  const count = random.between(1, 4)
  const made: Made[] = []
  // From the last to the first, so that a flow can start those after it.
  for (let number = count - 1; number >= 0; number -= 1) made.unshift(makeFlow(number, count, random))
  return made
}

function makeFlow(number: number, count: number, random: Random): Made {
  const shapes = [makeShape(random, number, count), makeShape(random, number, count)] as const
  const event = number === 0 ? 'ordered' : random.chance(0.5) ? random.pick(['ordered', 'returned'] as const) : null
  const concurrency = random.chance(0.4) ? random.between(1, 2) : Number.POSITIVE_INFINITY
  const options = {
    trigger: event === null ? manual<unknown, unknown>(null as never) : shop.on(event),
    uses: { shop },
    waits: { delivered: shop.on('delivered'), go: signal(anything as never) },
    ...(Number.isFinite(concurrency) && { concurrency }),
    ...(random.chance(0.4) && {
      key: (one: { data: { k?: string } }) => one.data.k ?? 'none',
      keyUntil: random.pick(['end', 'first-wait'] as const),
      onBlocked: random.pick(['wait', 'skip'] as const),
    }),
    ...(random.chance(0.2) && { timeout: random.pick(['1m', '3h', '2d'] as const) }),
    retry: { attempts: random.between(1, 6), base: random.pick(['100ms', '5s'] as const), cap: '10m' as const },
  }
  return { name: `f${number}`, shapes, event, concurrency, options }
}

/** The flows as one process has them: up to that version. */
export function flowsOf(made: readonly Made[], versions: number, around: Around): Flow[] {
  const newest: Flow[] = []
  return made.flatMap(({ name, shapes, options }) =>
    shapes.slice(0, versions).map((shape, index) => {
      const run = (context: unknown) => new Interpreter(context as Context, () => newest, around).start(shape)
      const version = index + 1
      const flow = defineFlow(name, { ...options, version, run } as unknown as FlowOptions<never>)
      if (version === versions) newest.push(flow)
      return flow
    }),
  )
}

type Later = (delayMs: number, callback: () => void) => void

/** Own code of a step: mostly it works. Code that gives up for good says that it has done nothing. */
export function runBody(random: Random, faultRate: number, later: Later, takeEffect: () => void): unknown {
  const isFaulty = random.chance(faultRate)
  const fault = random.next()
  if (isFaulty && fault < 0.2) throw new TerminalError('own code gave up')
  takeEffect()
  if (!isFaulty && fault < 0.7) return { done: true }
  if (!isFaulty) return new Promise((resolve) => later(Math.floor(fault * 300), () => resolve('slow')))
  if (fault < 0.6) throw new Error('own code failed')
  if (fault < 0.8) {
    return new Promise((_resolve, reject) => {
      later(Math.floor(fault * 60_000), () => reject(new Error('own code failed late')))
    })
  }
  return new Promise((resolve) => later(Math.floor(fault * 3_600_000), () => resolve('very slow')))
}
