import { hash } from 'node:crypto'
import type { MemoryState, StoredRun } from '../../packages/tenon/src/journal/memory/state.ts'

const runId = /\b[0-9abcdefghjkmnpqrstvwxyz]{25}\b/g
const derived = /\b[\w-]{27}\b/g

/** What is written down outside the engine: what happened in which order, and what must not have happened. */
export class Ledger {
  readonly problems: string[] = []
  readonly #lines: string[] = []
  readonly #names = new Map<string, string>()

  note(line: string): void {
    this.#lines.push(line)
  }

  problem(text: string): void {
    this.#lines.push(`PROBLEM ${text}`)
    this.problems.push(text)
  }

  /** The trace with runs numbered as they appear: ids are drawn anew each time. */
  get trace(): readonly string[] {
    return this.#lines.map((line) => this.plain(line))
  }

  plain(line: string): string {
    return line.replaceAll(runId, (id) => this.#nameOf(id)).replaceAll(derived, '(derived)')
  }

  get traceHash(): string {
    return hash('sha256', this.trace.join('\n'), 'hex').slice(0, 16)
  }

  #nameOf(id: string): string {
    let name = this.#names.get(id)
    if (name === undefined) this.#names.set(id, (name = `R${this.#names.size + 1}`))
    return name
  }
}

/** Looks into what is durable, from outside. */
export class Durable {
  readonly state: MemoryState

  constructor(state: MemoryState) {
    this.state = state
  }

  get runs(): IterableIterator<StoredRun> {
    return this.state.runs.values()
  }

  run(id: string): StoredRun | undefined {
    return this.state.runs.get(`default\n${id}`)
  }

  retries(id: string): number {
    return this.run(id)?.entries.filter(({ kind }) => kind === 'retried').length ?? 0
  }

  /** Entries that count: those that a retry made void are left out. */
  entries(id: string): readonly Entry[] {
    const all = (this.run(id)?.entries ?? []).map(({ seq, at, kind, step, body }) => ({
      seq,
      at,
      kind,
      step,
      body: JSON.parse(body) as Entry['body'],
    }))
    const dropped = new Set(all.flatMap(({ body }) => body.void ?? []))
    return all.filter(({ seq }) => !dropped.has(seq))
  }

  /** Steps whose results the last retry made void. */
  voided(id: string): ReadonlySet<string> {
    const entries = this.run(id)?.entries ?? []
    const last = entries.findLast(({ kind }) => kind === 'retried')
    const dropped = new Set(last === undefined ? [] : ((JSON.parse(last.body) as Entry['body']).void ?? []))
    return new Set(entries.filter(({ seq }) => dropped.has(seq)).map(({ step }) => step ?? ''))
  }

  /** The last of the step is that it is about to leave. */
  isAnnounced(id: string, step: string): boolean {
    return this.entries(id).findLast((entry) => entry.step === step)?.kind === 'sending'
  }

  isFinished(id: string, step: string, hash: string): boolean {
    return this.entries(id).some((entry) => entry.kind === 'step' && entry.step === step && entry.body.h === hash)
  }
}

export interface Entry {
  readonly seq: number
  readonly at: number
  readonly kind: string
  readonly step: string | null
  readonly body: {
    readonly void?: readonly number[]
    /** Of the step's input. */
    readonly h?: string
    readonly sig?: number
    readonly e?: { readonly code?: string }
    readonly v?: unknown
    readonly until?: number | null
    readonly m?: Readonly<Record<string, string>>
    readonly name?: string
    readonly t?: string
  }
}
