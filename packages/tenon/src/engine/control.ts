import { sleep } from '../base/clock.ts'
import { TenonError } from '../base/errors.ts'
import { requireId } from '../base/ids.ts'
import { encode } from '../base/json.ts'
import { validate } from '../base/schema.ts'
import type { SignalSource } from '../definition/trigger.ts'
import type { DeliverReceipt, RunKey, RunMessage, RunRow, Start, StartMessage } from '../journal/journal.ts'
import type { Services } from './command.ts'
import type { Dispatcher } from './dispatcher.ts'
import { freshRow } from './fresh-row.ts'
import { findUndecided } from './deciding.ts'
import type { DecideRequest, StartRequest } from './engine.ts'
import type { StepView } from './view.ts'
import { outOfLine, wholeBody } from './entries.ts'
import { checkInput, decodeEvent, encodeManualEvent } from './messages.ts'
import { requireFlow, type AppPlan, type FlowPlan } from './plan.ts'
import { keyOf } from './routes.ts'

interface Parts {
  readonly services: Services
  readonly plan: AppPlan
  readonly dispatcher: Dispatcher
}

/** What people and programs may ask of runs, from outside. */
export class Commands {
  readonly #parts: Parts

  constructor(parts: Parts) {
    this.#parts = parts
  }

  async start(request: StartRequest): Promise<{ run: string; duplicate: boolean }> {
    const { services, plan } = this.#parts
    this.#refuseWhileDraining()
    const flow = requireFlow(plan.find(request.flow), request.flow)
    const data = checkInput(flow, request.input)
    const now = services.clock.now()
    const run = request.id === undefined ? services.newRunId(request.tenant, flow, now) : requireId(request.id, 'id')
    const input = encodeManualEvent(run, 'manual', now, data)
    return this.#begin(request.tenant, flow, { run, data, input, now })
  }

  async startAnew({ tenant, run: old }: RunKey): Promise<{ run: string }> {
    const { services, plan } = this.#parts
    this.#refuseWhileDraining()
    const [loaded] = await services.journal.load([{ tenant, run: old }])
    if (loaded === null || loaded === undefined) throw noRun(old)
    const flow = requireFlow(plan.find(loaded.row.flow), loaded.row.flow)
    const input = await wholeBody(loaded.input, services.values)
    const { data } = decodeEvent(input)
    const now = services.clock.now()
    const id = services.newRunId(tenant, flow, now)
    const { run } = await this.#begin(tenant, flow, { run: id, data, input, now, linked: old })
    return { run }
  }

  async #begin(
    tenant: string,
    flow: FlowPlan,
    from: { run: string; data: unknown; input: string; now: number; linked?: string },
  ): Promise<{ run: string; duplicate: boolean }> {
    const { run, now, input, linked } = from
    const key = keyOf(flow, { id: run, type: 'manual', source: 'manual', timeMs: now, data: from.data })
    const { body, values } = outOfLine(input)
    const start: Start & { input: string } = {
      run,
      flow: flow.name,
      version: flow.version,
      key,
      input: body,
      ...(linked !== undefined && { linked }),
    }
    const { dispatcher } = this.#parts
    const message = { kind: 'start', tenant, at: now, start, ...(values.length > 0 && { values }) } as const
    dispatcher.expect(run)
    const { gains } = dispatcher
    const receipt = await this.#deliver(message)
    const started = receipt.outcome === 'written' ? receipt.started[0] : undefined
    const isOurs = started?.status === 'ready' && started.elsewhere !== true
    if (isOurs) dispatcher.offer({ row: freshRow({ tenant, at: now }, start), input, gains })
    else dispatcher.unexpect({ tenant, run })
    return { run, duplicate: receipt.outcome !== 'written' }
  }

  async signal(request: { tenant: string; run: string; name: string; data: unknown; id?: string }): Promise<void> {
    const row = await this.#require(request)
    const { plan } = this.#parts
    // Of a run that is newer than this node: the newest that it has.
    const flow = plan.find(row.flow, row.version) ?? plan.find(row.flow)
    const source = flow?.flow.options.waits?.[request.name] as SignalSource | undefined
    if (source === undefined)
      throw new TenonError('INPUT_INVALID', `flow ${row.flow} waits for nothing named ${request.name}`)
    const data =
      source.kind === 'signal' && source.data !== null
        ? validate(source.data as never, request.data, `data of signal ${request.name}`)
        : request.data
    const id = request.id === undefined ? this.#newId() : requireId(request.id, 'id')
    await this.#send(row, {
      type: 'signal',
      name: request.name,
      body: encode(data, `data of signal ${request.name}`),
      to: 'living',
      id,
    })
  }

  async cancel({ tenant, run, reason }: { tenant: string; run: string; reason: string }): Promise<void> {
    const row = await this.#require({ tenant, run })
    await this.#send(row, {
      type: 'cancel',
      name: null,
      body: encode({ reason }),
      to: row.status === 'failed' ? 'failed' : 'living',
      id: this.#newId(),
    })
  }

  /** For children of a cancelled run: one that has ended is left alone. Resolves when the journal has taken it, however long that is. */
  async cancelQuietly(run: RunKey, reason: string, id: string): Promise<void> {
    const { services, dispatcher } = this.#parts
    const message = {
      kind: 'message',
      ...run,
      id,
      type: 'cancel',
      name: null,
      body: encode({ reason }),
      to: 'living',
    } as const
    for (;;) {
      try {
        const receipt = await this.#deliver({ ...message, at: this.#now() })
        if (receipt.outcome === 'written') dispatcher.ready(receipt.reached)
        return
      } catch (error) {
        services.log('cancel.failed', { run: run.run, error })
        await sleep(services.clock, 1000)
      }
    }
  }

  /** The flow goes on with it as if the call had answered so. Throws `INPUT_INVALID` for what no answer of that operation looks like. */
  #fitted(row: RunRow, { name, kind }: Pick<StepView, 'name' | 'kind'>, result: unknown): unknown {
    const base = name.replace(/#\d+$/, '')
    const calls = (this.#parts.plan.find(row.flow)?.bindings ?? []).flatMap(([, { operations }]) =>
      Object.values(operations),
    )
    const call = kind === 'call' ? calls.find((one) => one.base === base) : undefined
    const schema = call?.client.connector.options.operations[call.operation]?.output
    return schema === undefined ? result : validate(schema, result, `the result of ${base}`)
  }

  async decide(request: DecideRequest): Promise<void> {
    const row = await this.#require(request)
    const { journal } = this.#parts.services
    const { step, id } = await findUndecided(request, journal)
    const { decision, by } = request
    const { kind } = decision
    const body = kind === 'happened' ? { kind, by, result: this.#fitted(row, step, decision.result) } : { kind, by }
    const message = { type: 'decision', name: request.step, body: encode(body, 'the decision'), to: 'living' } as const
    if ((await this.#send(row, { ...message, id })) === 'written') return
    // Somebody else was a moment faster, and that is told; or the run passed their decision over, and takes this one.
    await findUndecided(request, journal)
    await this.#send(row, { ...message, id: this.#newId() })
  }

  async retry({ tenant, run }: RunKey): Promise<void> {
    const row = await this.#require({ tenant, run })
    if (row.status === 'parked' && row.code === 'OUTCOME_UNKNOWN')
      throw notRetryable(run, 'a step of unknown outcome must be decided first')
    if (row.status !== 'failed' && row.status !== 'parked') throw notRetryable(run, `it is ${row.status}`)
    if (row.status === 'failed' && (await this.#hasUndone({ tenant, run })))
      throw notRetryable(run, 'its steps have been taken back; start it anew instead')
    await this.#send(row, {
      type: 'retry',
      name: null,
      body: encode({}),
      to: row.status === 'failed' ? 'failed' : 'living',
      id: this.#newId(),
    })
  }

  async #hasUndone({ tenant, run }: RunKey): Promise<boolean> {
    const entries = await this.#parts.services.journal.entries(tenant, run)
    return entries.some(({ kind }) => kind === 'undo')
  }

  async #send(
    row: RunRow,
    message: Pick<RunMessage, 'type' | 'name' | 'body' | 'to' | 'id'>,
  ): Promise<'written' | 'duplicate'> {
    const { body, values } = outOfLine(message.body)
    const receipt = await this.#deliver({
      kind: 'message',
      tenant: row.tenant,
      run: row.run,
      at: this.#now(),
      ...message,
      body,
      ...(values.length > 0 && { values }),
    })
    if (receipt.outcome === 'refused')
      throw new TenonError(
        'ORDER_REFUSED',
        `run ${row.run} is ${receipt.status ?? 'gone'} and takes no ${message.type}`,
      )
    if (receipt.outcome === 'written') this.#parts.dispatcher.ready(receipt.reached)
    return receipt.outcome
  }

  // When no good answer comes it may be stored nevertheless: then nobody else would tell the run.
  async #deliver(message: StartMessage | RunMessage): Promise<DeliverReceipt> {
    const { services, dispatcher } = this.#parts
    try {
      return await services.journal.deliver(message)
    } catch (error) {
      const { tenant } = message
      if (message.kind === 'start') dispatcher.unexpect({ tenant, run: message.start.run })
      else dispatcher.ready([{ tenant, run: message.run }])
      services.heard(null)
      throw error
    }
  }

  async #require({ tenant, run }: RunKey): Promise<RunRow> {
    const row = await this.#parts.services.journal.find(tenant, requireId(run, 'run'))
    if (row === null) throw noRun(run)
    return row
  }

  #refuseWhileDraining(): void {
    if (this.#parts.services.isDraining())
      throw new TenonError('DRAINING', 'the engine takes nothing new while it drains')
  }

  #newId(): string {
    return this.#parts.services.newId(this.#now())
  }

  #now(): number {
    return this.#parts.services.clock.now()
  }
}

function noRun(run: string): TenonError {
  return new TenonError('NOT_FOUND', `there is no run ${run}`)
}

function notRetryable(run: string, why: string): TenonError {
  return new TenonError('RUN_NOT_RETRYABLE', `run ${run} cannot be retried: ${why}`)
}
