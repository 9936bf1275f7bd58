import { openCondition } from '../../postgres/fence.ts'
import { encodeArray, int4, int8, storable, text, uuid, type ArrayType } from './arrays.ts'
import { format } from './format.ts'

/** Rows of one kind, column by column. */
class Columns {
  readonly #columns: { readonly name: string; readonly type: ArrayType<never>; readonly values: unknown[] }[]

  constructor(columns: readonly (readonly [name: string, type: ArrayType<never>])[]) {
    this.#columns = columns.map(([name, type]) => ({ name, type, values: [] }))
  }

  get length(): number {
    return this.#columns[0]?.values.length ?? 0
  }

  get names(): readonly string[] {
    return this.#columns.map(({ name }) => name)
  }

  /** The number of the row, from 1. */
  add(...row: readonly unknown[]): number {
    for (const [index, { values }] of this.#columns.entries()) values.push(row[index] ?? null)
    return this.length
  }

  encoded(): (Buffer | null)[] {
    return this.#columns.map(({ type, values }) => encodeArray(type, values as never[]))
  }
}

/** Ordered by `by`, which all batches of all nodes lock by. */
function sorted<Row>(rows: readonly Row[], by: (row: Row) => number): Row[] {
  return rows.toSorted((left, right) => by(left) - by(right))
}

export interface Rest {
  readonly runs: Set<number>
  readonly reached: { readonly t: number; readonly r: string }[]
  readonly leaves: Set<string>
  readonly events: object[]
  readonly messages: object[]
  readonly appends: object[]
  readonly values: object[]
  readonly cursors: Map<string, object>
  told: boolean
}

type Completed = readonly [run: number, lease: number, partition: number, flow: number, at: number]

/** One call of `commit_…` while it is put together. */
export class Call {
  readonly locks: Set<number> = new Set()
  readonly #leases = new Map<string, number>()
  readonly #leaseRows: [partition: number, epoch: number][] = []
  readonly completed: Completed[] = []
  readonly events: Columns = new Columns([
    ['ord', int4],
    ['at', int8],
    ['until', int8],
    ['keep', int8],
    ['tenant', int4],
    ['hash', uuid],
    ['key', text],
    ['type', text],
    ['starts', text],
    ['fields', text],
    ['body', text],
  ])
  readonly starts: Columns = new Columns([
    ['ord', int4],
    ['event', int4],
    ['lease', int4],
    ['tenant', int4],
    ['flow', int4],
    ['partition', int4],
    ['version', int4],
    ['at', int8],
    ['id', text],
    ['input', text],
  ])
  readonly lined: Columns = new Columns([
    ['line', uuid],
    ['key', text],
  ])
  readonly related: Columns = new Columns([
    ['parent', text],
    ['step', text],
    ['linked', text],
  ])
  readonly entries: Columns = new Columns([
    ['run', int8],
    ['lease', int4],
    ['after', int4],
    ['seq', int4],
    ['at', int8],
    ['packed', text],
  ])
  readonly rest: Rest = {
    runs: new Set(),
    reached: [],
    leaves: new Set(),
    events: [],
    messages: [],
    appends: [],
    values: [],
    cursors: new Map(),
    told: false,
  }
  isKeyed = false
  isRelated = false

  /** The place of a lease among those that the call checks, from 1. */
  lease(partition: number, epoch: number): number {
    const path = `${partition} ${epoch}`
    let place = this.#leases.get(path)
    if (place === undefined) {
      place = this.#leaseRows.push([partition, epoch])
      this.#leases.set(path, place)
    }
    return place
  }

  leaseAt(place: number): readonly [partition: number, epoch: number] {
    return this.#leaseRows[place - 1] ?? [0, 0]
  }

  /** What `commit_…` is called with, after the node, the session, the batch and the numbers. */
  values(): readonly unknown[] {
    const rest = this.#rest()
    const completed = sorted(this.completed, ([run]) => run)
    if (rest !== null) for (const [run] of completed) this.rest.runs.add(run)
    const column = (index: 0 | 1 | 2 | 3 | 4): (number | null)[] => completed.map((row) => row[index])
    const of = (columns: Columns, isUsed: boolean): (Buffer | null)[] =>
      isUsed ? columns.encoded() : columns.names.map(() => null)
    return [
      encodeArray(int4, sorted([...this.locks], Number)),
      encodeArray(
        int4,
        this.#leaseRows.map(([partition]) => partition),
      ),
      encodeArray(
        int8,
        this.#leaseRows.map(([, epoch]) => epoch),
      ),
      encodeArray(int8, column(0)),
      encodeArray(int4, column(1)),
      encodeArray(int4, column(2)),
      encodeArray(int4, column(3)),
      encodeArray(int8, column(4)),
      ...this.events.encoded(),
      ...this.starts.encoded(),
      ...of(this.lined, this.isKeyed),
      ...of(this.related, this.isRelated),
      ...this.entries.encoded(),
      rest === null ? null : JSON.stringify({ ...rest, runs: [...this.rest.runs] }),
    ]
  }

  /** `null` where the batch has nothing but new events, runs, entries and ends. */
  #rest(): object | null {
    const { told, runs: _runs, leaves, cursors, ...lists } = this.rest
    const parts: Record<string, unknown> = {}
    for (const [name, list] of Object.entries(lists)) if (list.length > 0) parts[name] = list
    if (leaves.size > 0) parts['leaves'] = [...leaves]
    if (cursors.size > 0) parts['cursors'] = [...cursors.values()]
    if (told) parts['told'] = true
    return Object.keys(parts).length === 0 ? null : parts
  }
}

/** Texts that a person or a provider chose, in a form that can be stored. */
export function storableOrNull(value: string | null | undefined): string | null {
  return value === null || value === undefined ? null : storable(value)
}

/** What `commit_…` answers: only what is not as expected. */
export interface CallAnswer {
  /** Bases of the blocks of numbers. */
  readonly b: readonly number[]
  /** By place, the epoch that holds. */
  readonly f?: Readonly<Record<string, number>>
  /** By row of an event that is there already; `null` where it has gone meanwhile. */
  readonly d?: Readonly<Record<string, { until: number; starts: string; reached: readonly string[] | null } | null>>
  /** Rows of starts whose run is there already. */
  readonly m?: readonly number[]
  /** Numbers of runs that are queued. */
  readonly q?: readonly number[]
  /** Runs of other nodes that may go on. */
  readonly t?: readonly number[]
  readonly r?: {
    /** By row of an event, the runs that it reached. */
    readonly w?: Readonly<Record<string, readonly (readonly [run: string, partition: number])[]>> | null
    readonly g?: Readonly<
      Record<
        string,
        readonly [outcome: 'written' | 'duplicate' | 'refused', status: number | null, partition: number | null]
      >
    >
    readonly a?: Readonly<Record<string, AppendAnswer>> | null
  }
}

export interface AppendAnswer {
  /** It has something in its inbox, and is not ended. */
  readonly self: boolean
  readonly st: number
  /** The run that was behind it. */
  readonly next: string | null
  /** The parent that got a message. */
  readonly parent: readonly [status: number, partition: number] | null
}

export const commitStatement: { readonly name: string; readonly text: string } = {
  name: 'journal_commit',
  text: `SELECT commit_${format}($1, $2, $3, ${Array.from({ length: 44 }, (_, index) => `$${index + 4}`).join(', ')}) AS answer`,
}

/** The same in one of several databases: no row where one of the tenants is closed, and then nothing was done. */
export const fencedStatement: { readonly name: string; readonly text: string } = {
  name: 'journal_commit_fenced',
  text: `${commitStatement.text} WHERE ${openCondition(48)}`,
}
