import { z } from 'zod'
import { sleep, type Clock } from '../base/clock.ts'
import { TenonError } from '../base/errors.ts'
import type { CallAnswer, CallRequest, Client } from '../client/client.ts'
import { defineApp } from '../definition/app.ts'
import { noAuth } from '../definition/auth.ts'
import { defineConnector } from '../definition/connector.ts'
import type { Flow } from '../definition/flow.ts'
import { operation } from '../definition/operation.ts'
import { unverified } from '../definition/verifier.ts'
import type { Journal } from '../journal/journal.ts'
import { memoryJournal, type MemoryFaults, type MemoryJournal, type MemoryState } from '../journal/memory.ts'
import { postponed } from '../outbound/outbound.ts'
import { mortalClock, virtualClock, type VirtualClock } from '../testing/virtual-clock.ts'
import type { Services } from './command.ts'
import { createEngine } from './create-engine.ts'
import type { Engine, Happening } from './engine.ts'

const anything = z.any()
const change = { method: 'POST', path: '/x', input: anything, output: anything } as const

/** An upstream with every kind of operation that matters to the engine. */
export const warehouse = defineConnector('warehouse', {
  baseUrl: 'https://warehouse.test',
  auth: noAuth(),
  idempotency: { header: 'idempotency-key', life: '24h' },
  operations: {
    read: operation({ method: 'GET', path: '/x', input: anything, output: anything }),
    numbered: operation({
      method: 'GET',
      path: '/x',
      input: z.object({ page: z.number().optional() }),
      output: anything,
      paging: { next: ({ page = 1 }: { readonly page?: number }) => ({ page: page + 1 }) },
    }),
    list: operation({
      method: 'GET',
      path: '/x',
      input: z.object({ after: z.string().optional() }),
      output: z.object({ items: z.array(z.string()), next: z.string().nullable() }),
      paging: {
        next: (input: { readonly after?: string }, { next }: { readonly next: string | null }) =>
          next === null ? null : { ...input, after: next },
      },
    }),
    reserve: operation(change),
    release: operation(change),
    ship: operation({
      ...change,
      idempotency: false,
      lookup: { operation: 'read', input: () => ({}), found: () => null },
    }),
    notify: operation({ ...change, idempotency: false }),
  },
  events: {
    ordered: { data: z.any() },
    delivered: {
      data: z.any(),
      correlate: {
        shipment: (data: { shipment?: string }) => data.shipment,
        region: (data: { region?: string }) => data.region,
      },
    },
  },
  webhooks: { verify: unverified('a test'), read: () => [] },
})

type Behaviour = (request: CallRequest, count: number) => unknown

/** Milliseconds until its turn, and why it waits where that is no limit; `null` where it may go. */
type Turn = (request: CallRequest, count: number) => number | readonly [number, 'CIRCUIT_OPEN'] | null

/** Stands for the client: answers by script, and keeps a ledger of what was asked. */
export class Upstream implements Client {
  readonly requests: CallRequest[] = []
  readonly #behaviours = new Map<string, Behaviour>()
  readonly #turns = new Map<string, Turn>()

  /** When calls of the operation may go: what is to wait is postponed. */
  turn(operationName: string, turn: Turn): void {
    this.#turns.set(operationName, turn)
  }

  on(operationName: string, behaviour: Behaviour): void {
    this.#behaviours.set(operationName, behaviour)
  }

  count(operationName: string): number {
    return this.requests.filter((request) => request.operation === operationName).length
  }

  async call(request: CallRequest): Promise<CallAnswer> {
    this.requests.push(request)
    const count = this.count(request.operation)
    const turn = this.#turns.get(request.operation)?.(request, count) ?? null
    if (turn !== null) return typeof turn === 'number' ? notYet(turn) : notYet(...turn)
    await request.beforeLeaving?.()
    const behaviour = this.#behaviours.get(request.operation) ?? (() => ({ done: request.operation }))
    const result = await behaviour(request, count)
    if (typeof result === 'object' && result !== null && 'failed' in result) return result.failed as CallAnswer
    return { outcome: 'answered', output: result, status: 200 }
  }
}

export function failed(
  fate: 'not-sent' | 'answered' | 'ambiguous',
  options: { retryable?: boolean; retryAfterMs?: number; code?: 'UPSTREAM_REFUSED' } = {},
): { failed: CallAnswer } {
  const { code, ...rest } = options
  return {
    failed: {
      outcome: 'failed',
      error: new TenonError(code ?? 'UPSTREAM_UNAVAILABLE', `upstream failed (${fate})`, rest),
      fate,
      status: 500,
    },
  }
}

function notYet(afterMs: number, code: 'RATE_LIMITED' | 'CIRCUIT_OPEN' = 'RATE_LIMITED'): CallAnswer {
  const error = postponed(code, 'its turn has not come', afterMs)
  return { outcome: 'failed', error, fate: 'not-sent', status: null }
}

export function never(): Promise<never> {
  return new Promise(() => undefined)
}

export interface World {
  engine: Engine
  journal: MemoryJournal
  readonly clock: VirtualClock
  readonly upstream: Upstream
  readonly happenings: Happening[]
  /** Delivers an event that starts flows or reaches waits. */
  send(type: 'ordered' | 'delivered', data: unknown, id?: string, tenant?: string): Promise<readonly string[]>
  /** As `kill -9` and a new start, perhaps on other code. */
  crash(flows?: readonly Flow[]): Promise<void>
}

export async function world(
  flows: readonly Flow[],
  options: {
    faults?: MemoryFaults
    runsInProgress?: number
    lingerMs?: number
    log?: Services['log']
    /** So long takes what is read of runs. */
    readMs?: number
  } = {},
): Promise<World> {
  const clock = virtualClock()
  const upstream = new Upstream()
  const happenings: Happening[] = []
  const { log, faults, runsInProgress, lingerMs, readMs } = options
  let current = flows
  let events = 0
  let life = mortalClock(clock)
  const open = async (state?: MemoryState): Promise<{ engine: Engine; journal: MemoryJournal }> => {
    const journal = memoryJournal({ clock: life, ...(state && { state }), ...(faults && { faults }) })
    const app = defineApp({ flows: current, ...(runsInProgress !== undefined && { runsInProgress }) })
    const engine = await createEngine({
      app,
      journal: readMs === undefined ? journal : readingSlowly(journal, life, readMs),
      client: upstream,
      clock: life,
      random: () => 0.5,
      ...(lingerMs !== undefined && { lingerMs }),
      ...(log !== undefined && { log }),
    })
    engine.listen((happening) => happenings.push(happening))
    return { engine, journal }
  }
  const opening = open()
  // What the engine does at its start needs turns of the event loop, and on this clock perhaps time.
  await clock.settle()
  const self: World = {
    ...(await opening),
    clock,
    upstream,
    happenings,
    async send(type, data, id = `event-${(events += 1)}`, tenant = 'default') {
      const accepted = self.engine.accept({
        tenant,
        trigger: 'warehouse',
        id,
        type: `warehouse/${type}`,
        source: 'warehouse',
        timeMs: clock.now(),
        data,
        dedupeMs: 86_400_000,
      })
      accepted.catch(() => undefined)
      await clock.settle()
      return (await accepted).runs
    },
    async crash(newFlows) {
      if (newFlows !== undefined) current = newFlows
      const state = self.journal.crash()
      life.kill()
      life = mortalClock(clock)
      const reopened = open(state)
      await clock.settle()
      Object.assign(self, await reopened)
      await clock.settle()
    },
  }
  return self
}

function readingSlowly(journal: MemoryJournal, clock: Clock, ms: number): Journal {
  return {
    ...journal,
    async load(runs) {
      const loaded = await journal.load(runs)
      await sleep(clock, ms)
      return loaded
    },
    async inbox(run) {
      await sleep(clock, ms)
      return journal.inbox(run)
    },
  }
}
