import type { FlowKey } from '../journal/journal.ts'
import type { Services } from './command.ts'
import { requireFlow } from './plan.ts'

const beginning = 'paused/'
const paused = 'yes'
const resumed = 'no'

/** Flows of which no run is taken up. What is said of them is in the journal, so that it outlives the process. */
export class Pauses {
  readonly #services: Services
  readonly #onResumed: () => void
  readonly #flows = new Map<string, FlowKey>()
  #changes = 0

  constructor(services: Services, onResumed: () => void) {
    this.#services = services
    this.#onResumed = onResumed
  }

  /** As the journal has them now, whoever ordered it. */
  async load(): Promise<void> {
    const changes = this.#changes
    const cursors = await this.#services.journal.cursors(beginning)
    // What was ordered here meanwhile may not have been in the journal yet when it answered.
    if (changes !== this.#changes) return
    for (const { tenant, name, value } of cursors) this.#set({ tenant, flow: name.slice(beginning.length) }, value)
  }

  has({ tenant, flow }: FlowKey): boolean {
    return this.#flows.size > 0 && this.#flows.has(`${tenant}\n${flow}`)
  }

  all(): readonly FlowKey[] {
    return [...this.#flows.values()]
  }

  pause(key: FlowKey): Promise<void> {
    return this.#write(key, paused)
  }

  resume(key: FlowKey): Promise<void> {
    return this.#write(key, resumed)
  }

  async #write({ tenant, flow }: FlowKey, value: string): Promise<void> {
    const { journal, clock, planOf } = this.#services
    requireFlow(planOf(flow), flow)
    const name = beginning + flow
    this.#changes += 1
    try {
      await journal.deliver({ kind: 'cursor', tenant, at: clock.now(), name, value })
    } catch (error) {
      // Perhaps it was stored nevertheless: the journal knows.
      const found = await journal.cursor(tenant, name).catch(() => null)
      if (found !== null) this.#set({ tenant, flow }, found)
      throw error
    }
    this.#changes += 1
    this.#set({ tenant, flow }, value)
  }

  #set({ tenant, flow }: FlowKey, value: string): void {
    const path = `${tenant}\n${flow}`
    const isPaused = value === paused
    if (isPaused === this.#flows.has(path)) return
    if (isPaused) this.#flows.set(path, { tenant, flow })
    else this.#flows.delete(path)
    const { emit, clock } = this.#services
    emit({ name: isPaused ? 'flow.paused' : 'flow.resumed', at: clock.now(), tenant, flow })
    if (!isPaused) this.#onResumed()
  }
}

/** A waiting run whose time has come while its flow is paused: it waits for its turn like those that were never begun. */
export async function standBy(
  { tenant, run, lastSeq }: { readonly tenant: string; readonly run: string; readonly lastSeq: number },
  epoch: number,
  { journal, heard }: Services,
): Promise<void> {
  const state = { status: 'ready', wakeAt: null, code: null, leaveLine: false } as const
  const append = { tenant, run, epoch, after: lastSeq, entries: [], state }
  heard(await journal.append(append))
}
