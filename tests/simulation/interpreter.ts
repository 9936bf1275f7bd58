import { TenonError } from '../../packages/tenon/src/base/errors.ts'
import { encode } from '../../packages/tenon/src/base/json.ts'
import type { Flow } from '../../packages/tenon/src/definition/flow.ts'
import type { Observations, Stay } from './observations.ts'
import type { Leaf, Node } from './shape.ts'

/** What a flow's function meets of the world it runs in. */
export interface Around {
  readonly observations: Observations
  /** True while journals are replayed dry, at the end. */
  isDry(): boolean
  /** Made when a stay of that run begins: whether what it gets counts. */
  countsFor(run: string): () => boolean
  onStay(stay: Stay): void
  /** When that step was asked for the first time. */
  asked(run: string, step: string): number
  now(): number
  /** Whether that step, as it was asked for last, has a way back. */
  hasUndo(run: string, step: string, has: boolean): void
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
export interface Context {
  readonly event: { readonly id: string; readonly data: unknown }
  readonly step: Steps
  readonly run: { readonly id: string; readonly flow: string }
  readonly shop: Client
}

/** Runs a generated body as one stay of a run in memory, and writes down all that reaches it. */
export class Interpreter {
  readonly #context: Context
  readonly #flows: () => readonly Flow[]
  readonly #around: Around
  readonly #stay: Stay
  readonly #counts = new Map<string, number>()

  constructor(context: Context, flows: () => readonly Flow[], around: Around) {
    this.#context = context
    this.#flows = flows
    this.#around = around
    this.#stay = around.observations.begin(context.run.id, around.isDry(), around.countsFor(context.run.id))
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
    const name = leaf?.isNamed === true && count === 1 ? plain : `${plain}#${count}`
    this.#around.observations.asks(this.#stay, name)
    return name
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
    this.#around.hasUndo(this.#stay.run, step, leaf.undo)
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
    this.#around.hasUndo(run, step, leaf.undo)
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
