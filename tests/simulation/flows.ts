import { z } from 'zod'
import { TenonError, TerminalError } from '../../packages/tenon/src/base/errors.ts'
import { encode } from '../../packages/tenon/src/base/json.ts'
import { noAuth } from '../../packages/tenon/src/definition/auth.ts'
import { defineConnector } from '../../packages/tenon/src/definition/connector.ts'
import { defineFlow, type Flow, type FlowOptions } from '../../packages/tenon/src/definition/flow.ts'
import { operation } from '../../packages/tenon/src/definition/operation.ts'
import { manual, signal } from '../../packages/tenon/src/definition/trigger.ts'
import { unverified } from '../../packages/tenon/src/definition/verifier.ts'
import type { Random } from '../chaos/random.ts'
import type { Observations, Stay } from './observations.ts'
import { makeShape, type Leaf, type Node } from './shape.ts'

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
  readonly flow: Flow
  readonly shape: Node
  /** Event type that starts it, `null` for one that is only started by hand or by another. */
  readonly event: 'ordered' | 'returned' | null
  readonly concurrency: number
}

/** What a flow's function meets of the world it runs in. */
export interface Around {
  readonly observations: Observations
  /** True while journals are replayed dry, at the end. */
  isDry(): boolean
  onStay(stay: Stay): void
  /** When that step was asked for the first time. */
  asked(run: string, step: string): number
  now(): number
  /** That step has a way back. */
  hasUndo(run: string, step: string): void
  /** Own code of a step runs; resolves with its value, throws, or takes time. */
  body(run: string, step: string, kind: 'repeatable' | 'unrepeatable'): unknown
  /** A sleep is over, that much before its time (or after, when negative). */
  awake(run: string, step: string, earlyMs: number): void
}

type Client = Record<string, (input: unknown, options?: object) => Promise<unknown>>
interface Steps {
  run(name: string, body: () => unknown, options?: object): Promise<unknown>
  sleep(duration: string, options?: object): Promise<void>
  waitFor(name: string, options?: object): Promise<{ id: string; data: unknown }>
  start(flow: Flow, input: unknown, options?: object): Promise<{ id: string; result(): Promise<unknown> }>
  now(): Date
  random(): number
  id(): string
}
interface Context {
  readonly event: { readonly id: string; readonly data: unknown }
  readonly step: Steps
  readonly run: { readonly id: string; readonly flow: string }
  readonly shop: Client
}

export function makeFlows(random: Random, around: Around): Made[] {
  const count = random.between(1, 4)
  const made: Made[] = []
  // From the last to the first, so that a flow can start those after it.
  for (let number = count - 1; number >= 0; number -= 1)
    made.unshift(makeFlow(number, count, random, () => made, around))
  return made
}

function makeFlow(number: number, count: number, random: Random, later: () => readonly Made[], around: Around): Made {
  const shape = makeShape(random, number, count)
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
    run: (context: unknown) =>
      new Interpreter(context as Context, () => later().map(({ flow }) => flow), around).start(shape),
  }
  return { flow: defineFlow(`f${number}`, options as unknown as FlowOptions<never>), shape, event, concurrency }
}

/** Runs a generated body as one stay of a run in memory, and writes down all that reaches it. */
class Interpreter {
  readonly #context: Context
  readonly #flows: () => readonly Flow[]
  readonly #around: Around
  readonly #stay: Stay
  readonly #counts = new Map<string, number>()

  constructor(context: Context, flows: () => readonly Flow[], around: Around) {
    this.#context = context
    this.#flows = flows
    this.#around = around
    this.#stay = around.observations.begin(context.run.id, around.isDry())
    around.onStay(this.#stay)
  }

  async start(shape: Node): Promise<unknown> {
    const { run, event } = this.#context
    this.#got('', `start ${event.id} ${encode(event.data)}`)
    await this.#do(shape)
    return { run: run.id, digest: this.#stay.digest }
  }

  async #do(node: Node): Promise<unknown> {
    switch (node.kind) {
      case 'sequence': {
        let last: unknown
        for (const part of node.parts) last = await this.#do(part)
        return last
      }
      case 'all':
        return Promise.all(node.parts.map((part) => this.#do(part)))
      case 'race':
        return Promise.race(node.parts.map((part) => this.#do(part)))
      case 'any':
        return Promise.any(node.parts.map((part) => this.#do(part)))
      case 'allSettled':
        return Promise.allSettled(node.parts.map((part) => this.#do(part)))
      case 'try':
        try {
          return await this.#do(node.parts[0])
        } catch {
          return this.#do(node.parts[1])
        }
      case 'either':
        return this.#do(node.parts[this.#stay.digest & 1]!)
      case 'detached':
        void this.#leaf(node.part).catch(() => undefined)
        return undefined
      default:
        return this.#leaf(node)
    }
  }

  #got(step: string, text: string): void {
    this.#around.observations.got(this.#stay, step, text)
  }

  // What the engine will call the step: rule 1.
  #nameOf(base: string, leaf: Leaf | null): string {
    const count = (this.#counts.get(leaf?.isNamed === true ? leaf.label : base) ?? 0) + 1
    const plain = leaf?.isNamed === true ? leaf.label : base
    this.#counts.set(plain, count)
    return leaf?.isNamed === true && count === 1 ? plain : `${plain}#${count}`
  }

  async #seen<Value>(step: string, label: string, pending: Promise<Value>): Promise<Value> {
    try {
      const value = await pending
      this.#got(step, `${label} ok ${encode(value)}`)
      return value
    } catch (error) {
      const code = TenonError.is(error) ? error.code : ''
      this.#got(step, `${label} failed ${(error as Error).name} ${code} ${(error as Error).message}`)
      throw error
    }
  }

  #leaf(leaf: Leaf): Promise<unknown> {
    switch (leaf.kind) {
      case 'call':
        return this.#call(leaf)
      case 'run':
        return this.#run(leaf)
      case 'sleep':
        return this.#sleep(leaf)
      case 'event':
      case 'signal':
        return this.#wait(leaf)
      case 'child':
        return this.#child(leaf)
      case 'facts': {
        const { step } = this.#context
        this.#got('', `facts ${step.now().getTime()} ~${step.random()} ${step.id()}~`)
        return Promise.resolve()
      }
      default:
        return Promise.reject(new Error(`${leaf.label} throws`))
    }
  }

  #send(step: string): object {
    return { run: this.#context.run.id, flow: this.#context.run.flow, step, seen: this.#stay.digest }
  }

  #call(leaf: Extract<Leaf, { kind: 'call' }>): Promise<unknown> {
    const { shop } = this.#context
    const step = this.#nameOf(`shop.${leaf.operation}`, leaf)
    const undo = async (output: unknown): Promise<void> => {
      const scope = `undo(${step})/`
      this.#got('', `undo ${leaf.label} ${encode(output)}`)
      const name = this.#nameOf(`${scope}shop.release`, null)
      await this.#seen(name, `undo of ${leaf.label}`, shop['release']!(this.#send(name)))
    }
    if (leaf.undo) this.#around.hasUndo(this.#stay.run, step)
    const pending = shop[leaf.operation]!(this.#send(step), {
      ...(leaf.isNamed && { step: leaf.label }),
      ...(leaf.undo && { undo }),
      ...(leaf.retry !== null && { retry: leaf.retry }),
    })
    return this.#seen(step, leaf.label, pending)
  }

  #run(leaf: Extract<Leaf, { kind: 'run' }>): Promise<unknown> {
    const step = leaf.label
    const run = this.#context.run.id
    this.#nameOf(step, { ...leaf, isNamed: true })
    if (leaf.undo) this.#around.hasUndo(run, step)
    const body = () => this.#around.body(run, step, leaf.isRepeatable ? 'repeatable' : 'unrepeatable')
    const pending = this.#context.step.run(step, body, {
      ...(leaf.undo && { undo: () => this.#around.body(run, `undo(${step})/undo`, 'repeatable') }),
      ...(leaf.retry !== null && { retry: leaf.retry }),
      ...(!leaf.isRepeatable && { repeatable: false }),
    })
    return this.#seen(step, leaf.label, pending)
  }

  async #sleep(leaf: Extract<Leaf, { kind: 'sleep' }>): Promise<unknown> {
    const step = this.#nameOf('sleep', leaf)
    const asked = this.#around.asked(this.#stay.run, step)
    await this.#seen(
      step,
      leaf.label,
      this.#context.step.sleep(`${leaf.ms}ms`, leaf.isNamed ? { step: leaf.label } : {}),
    )
    this.#around.awake(this.#stay.run, step, asked + leaf.ms - this.#around.now())
    return undefined
  }

  async #wait(leaf: Extract<Leaf, { kind: 'event' | 'signal' }>): Promise<unknown> {
    const name = leaf.kind === 'event' ? 'delivered' : 'go'
    const step = this.#nameOf(`waitFor.${name}`, leaf)
    const event = await this.#seen(
      step,
      leaf.label,
      this.#context.step.waitFor(name, {
        timeout: `${leaf.timeoutMs}ms`,
        ...(leaf.kind === 'event' && { match: { shipment: leaf.shipment } }),
        ...(leaf.isNamed && { step: leaf.label }),
      }),
    )
    return event.data
  }

  async #child(leaf: Extract<Leaf, { kind: 'child' }>): Promise<unknown> {
    const flow = this.#flows()[leaf.child]!
    const step = this.#nameOf(`start.${flow.name}`, leaf)
    const starting = this.#context.step.start(flow, { k: 'child' }, leaf.isNamed ? { step: leaf.label } : {})
    const id = await this.#seen(
      step,
      leaf.label,
      starting.then((child) => child.id),
    )
    const child = await starting
    if (!leaf.isAwaited) return id
    return this.#seen(`${step}.result`, `${leaf.label} result`, child.result())
  }
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
