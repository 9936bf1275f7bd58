import { sleep, type Clock } from '../../base/clock.ts'
import { TenonError } from '../../base/errors.ts'
import { raiseFence, setFence, takenUp, underFence } from '../../postgres/fence.ts'
import { changeMove, nodesAtRest, switchPlace, type Move, type MoveChange } from '../../postgres/moves.ts'
import type { Database } from '../../postgres/postgres.ts'
import { tenantDocuments } from '../../store/tenant-documents.ts'
import { copyDifferences, moreStretches, removeAll, wholeOf, type Compared, type Ends } from './copy.ts'
import { copyDocuments, copyEntries, requireSameStore } from './copy-store.ts'

export interface Carrying {
  readonly ends: Ends
  /** The same databases, for what takes long. */
  readonly slowSource: Database
  readonly first: Database
  readonly clock: Clock
  readonly leaseMs: number
  /** Whoever carries it is about to end. */
  readonly isStopped: () => boolean
}

const fewRows = 2000
const mostPasses = 6
const lookEveryMs = 200
/** Nodes let go within a lease, or are gone after it; a tenant is not kept waiting for longer. */
const patienceMs = 60_000

/** Carries one move through its states, from wherever it stands. */
export class Carrier {
  readonly #parts: Carrying
  #move: Move

  constructor(parts: Carrying, move: Move) {
    this.#parts = parts
    this.#move = move
  }

  /** Until nothing is left to do. */
  async run(): Promise<void> {
    await this.#takeUp()
    for (;;) {
      switch (this.#move.state) {
        case 'copying':
          await this.#copy()
          break
        case 'resting':
          await this.#rest()
          break
        case 'closed':
          await this.#close()
          break
        case 'switched':
          return this.#finish()
        case 'cancelling':
          return this.#undo()
        default:
          return
      }
    }
  }

  /** From before the switch back to where it came from: the tenant works there. False where it lives at the target already. */
  async giveUp(problem: string): Promise<boolean> {
    if (this.#move.state !== 'resting' && this.#move.state !== 'closed') return false
    await this.#reopen()
    await this.#change({ state: 'copying', problem })
    return true
  }

  /** Of every database before anything is done: who had the move before can do nothing any more. */
  async #takeUp(): Promise<void> {
    const { source, target } = this.#parts.ends
    const { tenant, attempt, state } = this.#move
    const raised = [
      await raiseFence(source, tenant, { attempt, isClosed: false, isKept: false }),
      await raiseFence(target, tenant, { attempt, isClosed: true, isKept: true }),
    ]
    if (raised.includes(null)) throw takenUp(tenant)
    if (state === 'switched') return
    await this.#at(target, (session) => setFence(session, tenant, { isClosed: true, isKept: true }))
    if (state === 'copying' && this.#move.round > 0) await this.#reopen()
  }

  async #copy(): Promise<void> {
    const { ends, slowSource } = this.#parts
    await ends.from.index(slowSource)
    await this.#reserve()
    await this.#at(ends.target, (session) => ends.into.hide(session, wholeOf(this.#move.stretches).there))
    for (let pass = 1; pass <= mostPasses; pass += 1) {
      const { copied } = await this.#pass(true)
      await copyEntries(ends)
      if (copied <= fewRows) break
      await this.#reserve()
    }
    await this.#change({ state: 'resting', round: this.#move.round + 1 })
  }

  async #reserve(): Promise<void> {
    const stretches = await moreStretches(this.#parts.ends, this.#move.stretches)
    if (stretches !== null) await this.#change({ stretches })
  }

  async #pass(isEnded: boolean): Promise<Compared> {
    const { stretches, progress } = this.#move
    const pass = (progress.pass ?? 0) + 1
    let toldAt = 0
    const tell = async (found: Compared): Promise<void> => {
      const now = performance.now()
      if (now - toldAt < 500) return
      toldAt = now
      await this.#change({ progress: { pass, ...found } })
    }
    const found = await copyDifferences(this.#parts.ends, { stretches, isEnded }, tell)
    await this.#change({ progress: { pass, ...found } })
    return found
  }

  /** Nobody has runs of it in memory any more. */
  async #rest(): Promise<void> {
    const { ends } = this.#parts
    await this.#at(ends.source, (session) => ends.from.hide(session, wholeOf(this.#move.stretches).here))
    await this.#waitForNodes()
    await this.#change({ state: 'closed' })
  }

  async #waitForNodes(): Promise<void> {
    const { ends, first, clock } = this.#parts
    const { tenant, round } = this.#move
    const until = performance.now() + patienceMs
    for (;;) {
      const [nodes, rested] = [await ends.from.nodes(), await nodesAtRest(first, tenant, round)]
      if (nodes.every((node) => rested.has(node))) return
      if (performance.now() > until)
        throw new TenonError(
          'TIMEOUT',
          `node ${nodes.filter((node) => !rested.has(node)).join(', ')} did not let go of ${tenant} within ${patienceMs / 1000} s`,
        )
      await sleep(clock, lookEveryMs)
      await this.#change({})
    }
  }

  async #close(): Promise<void> {
    const { ends, first } = this.#parts
    const { tenant } = this.#move
    const began = performance.now()
    await this.#at(ends.source, async (session) => {
      await tenantDocuments.hold(session)
      await setFence(session, tenant, { isClosed: true, isKept: true })
    })
    await ends.from.breakOff()
    await this.#reserve()
    const { here, there } = wholeOf(this.#move.stretches)
    await this.#at(ends.source, (session) => ends.from.hide(session, here))
    await this.#at(ends.target, (session) => ends.into.hide(session, there))
    for (let pass = 1; (await this.#pass(false)).copied > 0; pass += 1)
      if (pass === mostPasses)
        throw new TenonError(
          'DATABASE_UNUSABLE',
          `what arrives of ${tenant} is not what was sent, however often it is sent`,
        )
    await copyEntries(ends)
    await copyDocuments(ends)
    await requireSameStore(ends)
    const cursors = await ends.from.cursors()
    await this.#at(ends.target, async (session) => {
      await ends.into.putCursors(session, cursors)
      await ends.into.show(session, there)
      await ends.into.count(session, there)
    })
    const pausedMs = Math.round(performance.now() - began)
    const round = this.#move.round + 1
    const change = { leaseMs: this.#parts.leaseMs, round, problem: null, progress: { pausedMs } }
    this.#move = (await switchPlace(first, this.#move, change)) ?? this.#lost()
  }

  /** It lives at the target. */
  async #finish(): Promise<void> {
    const { ends } = this.#parts
    const { tenant } = this.#move
    await this.#at(ends.target, (session) => setFence(session, tenant, { isClosed: false, isKept: false }))
    // Nobody looks for it at the source any more.
    await this.#waitForNodes()
    const { here } = wholeOf(this.#move.stretches)
    await this.#clear(ends.source, ends.from, here)
    await ends.from.dropIndex(this.#parts.slowSource)
    await this.#at(ends.source, (session) => setFence(session, tenant, { isClosed: true, isKept: false }))
    await this.#change({ state: 'done' })
  }

  /** As if nobody had wanted to move it. */
  async #undo(): Promise<void> {
    const { ends, slowSource } = this.#parts
    const { tenant, stretches } = this.#move
    await this.#reopen()
    if (stretches.length > 0) await this.#clear(ends.target, ends.into, wholeOf(stretches).there)
    await this.#at(ends.target, (session) => setFence(session, tenant, { isClosed: true, isKept: false }))
    await ends.from.dropIndex(slowSource)
    await this.#change({ state: 'cancelled' })
  }

  async #clear(database: Database, tables: Ends['from'], range: { after: number; to: number }): Promise<void> {
    const { tenant } = this.#move
    await this.#at(database, (session) => tables.hide(session, range))
    for (const kind of ['run', 'event'] as const) await removeAll({ database, tables, move: this.#move }, kind, range)
    await this.#at(database, async (session) => {
      await tables.putCursors(session, [])
      await tables.count(session, range)
      await tenantDocuments.hold(session)
      await tenantDocuments.removeDocuments(session, tenant)
      await tenantDocuments.removeEntries(session, tenant)
    })
  }

  /** Whatever was closed and hidden at the source is as before. */
  async #reopen(): Promise<void> {
    const { source, from } = this.#parts.ends
    await this.#at(source, async (session) => {
      await setFence(session, this.#move.tenant, { isClosed: false, isKept: false })
      await from.show(session, { after: 0, to: await from.given() })
    })
  }

  async #at<Result>(database: Database, act: Parameters<typeof underFence<Result>>[2]): Promise<Result> {
    this.#refuseStop()
    return underFence(database, this.#move, act)
  }

  #refuseStop(): void {
    if (this.#parts.isStopped()) throw new TenonError('DRAINING', 'another node goes on with the move')
  }

  async #change(change: Omit<MoveChange, 'leaseMs'>): Promise<void> {
    this.#refuseStop()
    const { first, leaseMs } = this.#parts
    this.#move = (await changeMove(first, this.#move, { ...change, leaseMs })) ?? this.#lost()
  }

  #lost(): never {
    throw takenUp(this.#move.tenant)
  }
}
