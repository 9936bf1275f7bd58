import { systemClock, type Clock } from '../base/clock.ts'
import { TenonError } from '../base/errors.ts'
import { checkAppend, checkMessage } from './check.ts'
import { longestWord, type Words } from './cluster.ts'
import { Figures } from './figures.ts'
import type { AppendReceipt, DeliverReceipt, ReachedRun, RunKey } from './journal.ts'
import type { MemoryJournal } from './memory.ts'
import { emptyLeases, type Leases } from './memory/leases.ts'
import { MemoryMember, unreachable } from './memory/member.ts'
import { memoryHistory, memoryWork } from './memory/read.ts'
import { emptyState, pathOf, type MemoryState, type StoredRun } from './memory/state.ts'
import { memoryWriter, type BatchFate, type MemoryFaults, type Receipt } from './memory/writer.ts'

export interface MemoryClusterOptions {
  readonly state?: MemoryState
  readonly partitions?: number
  /** How long a node that says nothing holds what it has. */
  readonly leaseMs?: number
}

export interface NodeOptions {
  /** The node's own, of the cluster's time: one that stands still stops the node with all that it believes. */
  readonly clock?: Clock
  /** What renews its lease and brings it the words of others; default `clock`. */
  readonly leaseClock?: Clock
  readonly faults?: MemoryFaults & NodeFaults
  readonly queueLimit?: number
}

export interface NodeFaults {
  /** The store cannot be reached: what is asked of it fails. */
  isCut?(): boolean
  /** How long a word of another node is on its way; `null` when it is lost. */
  wordDelayMs?(): number | null
}

export interface MemoryCluster {
  readonly state: MemoryState
  /** A node joins. */
  open(options?: NodeOptions): MemoryJournal
}

/** A store that several nodes hold at once, with the semantics of a database that they share, for tests and the simulation. */
export function memoryCluster(options: MemoryClusterOptions = {}): MemoryCluster {
  const { state = emptyState(), partitions = 8, leaseMs = 10_000 } = options
  const leases = (state.leases ??= emptyLeases(partitions))
  const nodes = new Set<Node>()
  let opened = 0
  return {
    state,
    open(nodeOptions = {}) {
      const node = new Node({ state, leases, leaseMs, nodes, name: `node-${(opened += 1)}` }, nodeOptions)
      nodes.add(node)
      node.member.beat()
      return node.journal()
    },
  }
}

interface Shared {
  readonly state: MemoryState
  readonly leases: Leases
  readonly leaseMs: number
  readonly nodes: Set<Node>
  readonly name: string
}

class Node {
  readonly member: MemoryMember
  readonly #shared: Shared
  readonly #options: NodeOptions
  readonly #clock: Clock
  readonly #isCut: () => boolean
  readonly #figures: Figures
  readonly #hearers = new Set<(word: string, from: string) => void>()

  constructor(shared: Shared, options: NodeOptions) {
    const { state, leases, leaseMs, name } = shared
    const { clock = systemClock, leaseClock = clock, faults = {} } = options
    this.#shared = shared
    this.#options = options
    this.#clock = leaseClock
    this.#isCut = () => faults.isCut?.() === true
    const onFreed = (): void => this.#sayToOthers(() => (other) => other.member.beat())
    const figures = (this.#figures = new Figures(() => leaseClock.now()))
    const parts = { state, leases, clock: leaseClock, leaseMs, name, isCut: this.#isCut, onFreed, figures }
    this.member = new MemoryMember({ ...parts, words: this.#words() })
  }

  #words(): Words {
    return {
      say: async (words, to) => {
        if (this.#isCut()) throw unreachable()
        if (words.some((word) => Buffer.byteLength(word) > longestWord))
          throw new TenonError('INPUT_INVALID', `a word has more than ${longestWord} bytes`)
        const from = this.member.id
        this.#sayToOthers(({ member }) =>
          to === undefined || member.id === to
            ? (other) => other.#hearers.forEach((hear) => words.forEach((word) => hear(word, from)))
            : null,
        )
      },
      hear: (listener) => {
        this.#hearers.add(listener)
        return () => this.#hearers.delete(listener)
      },
    }
  }

  journal(): MemoryJournal {
    const { state, nodes } = this.#shared
    const { clock, faults = {}, queueLimit } = this.#options
    const writer = memoryWriter({
      state,
      ...(clock && { clock }),
      faults: {
        ...faults,
        batch: (writes) => {
          if (this.#isCut()) return { outcome: 'failed' }
          const fate: BatchFate = faults.batch?.(writes) ?? { outcome: 'stored' }
          if (fate.outcome === 'stored') this.#figures.committed(writes.length, fate.delayMs ?? 0)
          return fate
        },
      },
      ...(queueLimit !== undefined && { queueLimit }),
      onReceipt: (receipt, tenant) => this.#receipt(receipt, tenant),
      onClose: () => undefined,
    })
    return {
      closedCleanly: true,
      ownership: this.member,
      async deliver(message) {
        checkMessage(message)
        return (await writer.write({ message })) as DeliverReceipt
      },
      async append(append) {
        checkAppend(append)
        return (await writer.write({ append })) as AppendReceipt
      },
      ...this.#reaching(memoryWork(state, (run) => this.member.epochOf(run) !== null)),
      ...memoryHistory(state),
      close: async () => {
        await writer.close()
        nodes.delete(this)
        this.member.end()
      },
      crash: () => {
        writer.crash()
        nodes.delete(this)
        this.member.kill()
        return state
      },
      snapshot: () => structuredClone(state),
    }
  }

  // Each hears of its own runs; those of nobody are found by whoever takes them.
  #receipt(receipt: Receipt, tenant: string): Receipt {
    if (receipt.outcome === 'fenced') {
      this.#figures.fenced += 1
      this.#clock.whenQuiet(() => this.member.correct())
    }
    if (receipt.outcome !== 'written') return receipt
    const begun = 'started' in receipt ? receipt.started.map(({ run }) => ({ tenant, run })) : receipt.readied
    const runs = [...begun, ...receipt.reached].flatMap((key) => this.#find(key) ?? [])
    this.#sayToOthers((other) => {
      const theirs = runs.filter((run) => other.member.owns(run)).map((one) => ({ tenant: one.tenant, run: one.run }))
      return theirs.length === 0 ? null : ({ member }) => member.hear(theirs)
    })
    const reached = receipt.reached.map((key) => this.#place(key))
    if ('readied' in receipt) return { ...receipt, readied: receipt.readied.map((key) => this.#place(key)), reached }
    const started = receipt.started.map((one) => {
      const { elsewhere } = this.#place({ tenant, run: one.run })
      return elsewhere === undefined ? one : { ...one, elsewhere }
    })
    return { ...receipt, started, reached }
  }

  #find({ tenant, run }: RunKey): StoredRun | undefined {
    return this.#shared.state.runs.get(pathOf(tenant, run))
  }

  #place(key: ReachedRun): ReachedRun {
    const run = this.#find(key)
    return run === undefined || this.member.epochOf(run) !== null ? key : { ...key, elsewhere: true }
  }

  #sayToOthers(wordFor: (other: Node) => ((other: Node) => void) | null): void {
    for (const other of this.#shared.nodes) {
      const word = other === this ? null : wordFor(other)
      if (word !== null) other.#hear(() => word(other))
    }
  }

  #hear(word: () => void): void {
    const delayMs = this.#options.faults?.wordDelayMs?.()
    if (delayMs !== null) this.#clock.after(delayMs ?? 0, word)
  }

  /** Nothing is read of a store that cannot be reached. */
  #reaching<Work extends object>(work: Work): Work {
    const isCut = this.#isCut
    return Object.fromEntries(
      Object.entries(work).map(([name, read]: [string, (...parameters: unknown[]) => Promise<unknown>]) => [
        name,
        async (...parameters: unknown[]) => (isCut() ? Promise.reject(unreachable()) : read(...parameters)),
      ]),
    ) as Work
  }
}
