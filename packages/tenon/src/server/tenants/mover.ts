import type { Clock } from '../../base/clock.ts'
import { messageOf, TenonError } from '../../base/errors.ts'
import type { Secret } from '../../base/secret.ts'
import { TenantTables } from '../../journal/postgres/tenant-tables.ts'
import { changeMove, takeMove, type Move } from '../../postgres/moves.ts'
import { openDatabase, type Database } from '../../postgres/postgres.ts'
import { makeStore } from '../../store/postgres.ts'
import { Carrier } from './carry.ts'

export interface MovingPlace {
  /** As the placement names it. */
  readonly name: string
  /** For people. */
  readonly title: string
  readonly url: Secret
}

export interface MoverOptions {
  readonly places: readonly MovingPlace[]
  /** Where moves are written down. */
  readonly first: Database
  readonly clock: Clock
  /** How long a move rests when its mover gives no sign of life. Default: 10,000. */
  readonly leaseMs?: number
}

const lookEveryMs = 1000
const againMs = 5000
const shortMs = 60_000
const longMs = 60 * 60_000

/** Carries moves of tenants out that nobody else carries out, one after the other. */
export class Mover {
  readonly #options: MoverOptions
  #stopTimer: () => void = () => undefined
  #isStopped = false
  #working: Promise<void> = Promise.resolve()

  constructor(options: MoverOptions) {
    this.#options = options
    this.#arm()
  }

  /** What it does at the moment is broken off: another node goes on with it. */
  async stop(): Promise<void> {
    this.#isStopped = true
    this.#stopTimer()
    await this.#working
  }

  #arm(): void {
    if (this.#isStopped) return
    this.#stopTimer = this.#options.clock.after(lookEveryMs, () => {
      this.#working = this.#look().finally(() => this.#arm())
    })
  }

  async #look(): Promise<void> {
    const { first, leaseMs = 10_000 } = this.#options
    const move = await takeMove(first, leaseMs).catch(() => null)
    if (move !== null) await this.#carry(move, leaseMs)
  }

  async #carry(move: Move, leaseMs: number): Promise<void> {
    const { first, clock } = this.#options
    const opened: Database[] = []
    const open = (name: string, timeoutMs: number): Database => {
      const place = this.#options.places.find((one) => one.name === name)
      if (place === undefined) throw new TenonError('DATABASE_UNUSABLE', `this node was not given the database ${name}`)
      const database = openDatabase({ url: place.url, unavailable: 'JOURNAL_UNAVAILABLE', sessions: 3, timeoutMs })
      opened.push(database)
      return database
    }
    let stopSigns: () => void = () => undefined
    const sign = (): void => {
      // Whatever it does at the moment may take longer than the lease.
      stopSigns = clock.after(leaseMs / 3, () => {
        if (!this.#isStopped) void changeMove(first, move, { leaseMs }).catch(() => null)
        sign()
      })
    }
    sign()
    let carrier: Carrier | null = null
    try {
      const [source, target] = [open(move.source, shortMs), open(move.target, shortMs)]
      for (const database of [source, target]) await makeStore(database)
      const ends = {
        move,
        source,
        target,
        from: await TenantTables.open(source, move.tenant),
        into: await TenantTables.open(target, move.tenant),
      }
      carrier = new Carrier(
        { ends, slowSource: open(move.source, longMs), first, clock, leaseMs, isStopped: () => this.#isStopped },
        move,
      )
      await carrier.run()
    } catch (error) {
      // Another has it in hands.
      if (TenonError.is(error, 'STORE_CONFLICT')) return
      if (this.#isStopped) return void (await changeMove(first, move, { leaseMs: 0 }).catch(() => null))
      const problem = messageOf(error)
      await carrier?.giveUp(problem).catch(() => undefined)
      await changeMove(first, move, { problem, leaseMs: againMs }).catch(() => null)
    } finally {
      stopSigns()
      await Promise.all(opened.map((database) => database.close()))
    }
  }
}
