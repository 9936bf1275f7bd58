import { durationMs } from '../base/duration.ts'
import { TenonError } from '../base/errors.ts'
import { contentHash } from '../base/ids.ts'
import { encode } from '../base/json.ts'
import type { CallOptions, Child, Flow, StepOptions, WaitSource } from '../definition/flow.ts'
import { callStep } from './call-step.ts'
import type { Host } from './command.ts'
import type { Asked, CommandBook } from './command-book.ts'
import type { Mailbox } from './mailbox.ts'
import type { StoredEvent } from './messages.ts'
import type { CallPlan, Caller, FlowPlan } from './plan.ts'
import { childResultStep, childStep, sleepStep, untilOf, waitStep } from './rest-steps.ts'
import { runStep } from './run-step.ts'

/** What the `step` and the clients of a run need of it. */
export interface Asking extends Host {
  readonly plan: FlowPlan
  readonly book: CommandBook
  readonly mail: Mailbox
  readonly time: number
  ask(asked: Asked): Promise<unknown>
  hasChanged(id: string): boolean
}

/** What the flow's function is called with. */
export function contextOf(run: Asking, event: StoredEvent): object {
  const { id, type, source, time, data } = event
  const caller = new RunCaller(run, event)
  const context: Record<string, unknown> = {
    event: { id, type, source, time, data },
    step: new RunSteps(run),
    run: { id: run.row.run, flow: run.row.flow },
  }
  for (const [alias, client] of run.plan.bindings) context[alias] = client.bind(caller)
  return context
}

class RunCaller implements Caller {
  readonly #run: Asking
  readonly #event: StoredEvent

  constructor(run: Asking, event: StoredEvent) {
    this.#run = run
    this.#event = event
  }

  call(plan: CallPlan, input: unknown, options: CallOptions | undefined): Promise<unknown> {
    try {
      // Kept as it is now: what the function does with the object afterwards must not change what is sent.
      const encoded = encode(input, `input of ${plan.base}`)
      const connection = this.#connectionOf(plan)
      return this.#run.ask({
        base: options?.step ?? plan.base,
        isNumbered: options?.step === undefined,
        kind: 'call',
        alias: plan.client.alias,
        hash: contentHash(encoded),
        input: encoded,
        undo: options?.undo ?? null,
        go: callStep(this.#run, this.#run.plan, { plan, encoded, options, connection }),
      })
    } catch (error) {
      return mistaken(error)
    }
  }

  // An event's own connection is the default for the connector that it came by, and for no other.
  #connectionOf({ client }: CallPlan): string | null {
    const { connection, type } = this.#event
    return connection !== null && type.startsWith(`${client.connector.name}/`) ? connection : null
  }
}

const noInput = ''

class RunSteps {
  readonly #run: Asking

  constructor(run: Asking) {
    this.#run = run
  }

  run(name: string, body: (context: never) => unknown, options?: StepOptions<never>): Promise<unknown> {
    try {
      const go = runStep(this.#run, this.#run.plan, body as () => unknown, options)
      return this.#run.ask({
        base: name,
        isNumbered: false,
        kind: 'run',
        hash: noInput,
        undo: options?.undo ?? null,
        go,
      })
    } catch (error) {
      return mistaken(error)
    }
  }

  sleep(when: string | Date, options?: { step?: string }): Promise<unknown> {
    try {
      const go = sleepStep(this.#run, untilOf(when))
      return this.#run.ask({
        base: options?.step ?? 'sleep',
        isNumbered: options?.step === undefined,
        kind: 'sleep',
        hash: noInput,
        input: encode(when),
        undo: null,
        go,
      })
    } catch (error) {
      return mistaken(error)
    }
  }

  waitFor(
    name: string,
    options: {
      match?: Record<string, string | number | undefined>
      timeout?: string
      since?: Date
      step?: string
    } = {},
  ): Promise<unknown> {
    try {
      const source = (this.#run.plan.flow.options.waits as Record<string, WaitSource> | undefined)?.[name]
      if (source === undefined)
        throw new TenonError('APP_INVALID', `flow ${this.#run.row.flow} does not list ${name} in its waits`)
      const match = matchOf(name, source, options.match ?? {})
      const timeoutMs =
        options.timeout === undefined ? null : durationMs(options.timeout, `timeout of waitFor(${name})`)
      const sinceMs = options.since?.getTime() ?? null
      const input = encode(match, `match of waitFor(${name})`)
      return this.#run.ask({
        base: options.step ?? `waitFor.${name}`,
        isNumbered: options.step === undefined,
        kind: 'wait',
        hash: contentHash(input),
        input,
        undo: null,
        go: waitStep(this.#run, { name, source, match, sinceMs, timeoutMs }),
      })
    } catch (error) {
      return mistaken(error)
    }
  }

  async start(flow: Flow, input: unknown, options?: { step?: string }): Promise<Child<unknown>> {
    const base = options?.step ?? `start.${flow.name}`
    const encoded = encode(input, `input of flow ${flow.name}`)
    const started = await this.#run.ask({
      base,
      isNumbered: options?.step === undefined,
      kind: 'child',
      hash: contentHash(encoded),
      input: encoded,
      undo: null,
      go: childStep(this.#run, flow, encoded),
    })
    const { run, key, step } = started as { run: string; key: string | null; step: string }
    return { id: run, result: () => this.#resultOf(flow, step, key) }
  }

  #resultOf(flow: Flow, step: string, key: string | null): Promise<unknown> {
    const go = childResultStep(this.#run, { step, flow: flow.name, key })
    return this.#run.ask({
      base: `${step}.result`,
      isNumbered: false,
      kind: 'child-result',
      hash: noInput,
      undo: null,
      go,
    })
  }

  now(): Date {
    return new Date(this.#run.time)
  }

  random(): number {
    // 48 bits of a hash: the same for the same run and place, evenly spread over all others.
    return Buffer.from(this.#run.book.derive('random', this.#run.row.run), 'base64url').readUIntBE(0, 6) / 2 ** 48
  }

  id(): string {
    return this.#run.book.derive('id', this.#run.row.run)
  }

  changed(id: string): boolean {
    return this.#run.hasChanged(id)
  }
}

/** Own code as a step, for the way back of a step that was own code. */
export function runAsStep(run: Asking, body: () => unknown): Promise<unknown> {
  return run.ask({
    base: 'undo',
    isNumbered: false,
    kind: 'run',
    hash: noInput,
    undo: null,
    go: runStep(run, run.plan, body, undefined),
  })
}

function matchOf(
  name: string,
  source: WaitSource,
  match: Readonly<Record<string, string | number | undefined>>,
): Record<string, string> {
  if (source.kind === 'signal') return {}
  const correlate =
    (source.connector.options.events as Record<string, { correlate?: object }> | undefined)?.[source.type]?.correlate ??
    {}
  const fields: Record<string, string> = {}
  for (const [field, value] of Object.entries(match)) {
    if (!Object.hasOwn(correlate, field))
      throw new TenonError(
        'INPUT_INVALID',
        `waitFor(${name}): ${field} is not a field that ${source.type} can be matched on; it has ${Object.keys(correlate).join(', ') || 'none'}`,
      )
    if (value === undefined || value === '')
      throw new TenonError(
        'INPUT_INVALID',
        `waitFor(${name}): ${field} is empty; give the value that the event must carry`,
      )
    fields[field] = String(value)
  }
  if (Object.keys(fields).length === 0)
    throw new TenonError(
      'INPUT_INVALID',
      `waitFor(${name}) needs at least one field to match on: ${Object.keys(correlate).join(', ')}`,
    )
  return fields
}

// Mistakes in the arguments reject, as everything else of a step does.
function mistaken(error: unknown): Promise<never> {
  return Promise.reject(error)
}
