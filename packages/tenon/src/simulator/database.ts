import { closeSync, existsSync, fsyncSync, mkdirSync, openSync, readFileSync, renameSync, writeSync } from 'node:fs'
import { open, type FileHandle } from 'node:fs/promises'
import { dirname } from 'node:path'
import { TenonError } from '../base/errors.ts'
import { decode, encode } from '../base/json.ts'
import type { Table } from './behaviour.ts'

type Write = readonly [table: string, id: string, row?: unknown]

/** The state of one simulator: tables in memory and, with a file, a log of their changes. */
export interface Database {
  table<Row>(name: string): Table<Row>
  /** Number of writes so far. */
  readonly writes: number
  /** Runs at once; what it wrote is taken back when it throws. */
  transaction<Result>(body: () => Result): Result
  /** Resolves when everything written so far would survive a crash. */
  durable(): Promise<void>
  /** All rows by table and id. */
  snapshot(): Record<string, Record<string, unknown>>
  close(): Promise<void>
}

const header = (connector: string): string => JSON.stringify({ simulator: connector, format: 1 })

export interface DatabaseOptions {
  /** File that keeps it; with `null`, nothing is kept. */
  readonly file: string | null
  readonly connector: string
  /** Rows of one table beyond this push the oldest out. */
  readonly keep: number
  /** The file is written anew when it has grown by this many bytes. */
  readonly compactAfter?: number
}

// Of what a simulator keeps for itself: keys, effects, webhooks on their way.
const keepOwn = 100_000

export async function openDatabase({
  file,
  connector,
  keep,
  compactAfter = 32 * 1_048_576,
}: DatabaseOptions): Promise<Database> {
  const tables = new Map<string, Map<string, unknown>>()
  if (file === null) return new Tables(tables, null, keep)
  mkdirSync(dirname(file), { recursive: true })
  if (existsSync(file)) load(file, connector, tables)
  const reopen = (): Promise<FileHandle> => {
    compact(file, connector, tables)
    return open(file, 'a', 0o600)
  }
  return new Tables(tables, new Log(await reopen(), reopen, compactAfter), keep)
}

function load(file: string, connector: string, tables: Map<string, Map<string, unknown>>): void {
  const lines = readFileSync(file, 'utf8').split('\n')
  // The piece after the last line break was never acknowledged: a crash cut it off.
  lines.pop()
  if (lines.length > 0 && lines[0] !== header(connector)) {
    throw unusable(file, `is not the state of a simulator of ${connector} that this version can read`)
  }
  for (const [index, line] of lines.entries()) {
    if (index === 0) continue
    try {
      for (const write of decode(line) as Write[]) apply(tables, write)
    } catch (error) {
      throw unusable(file, `is damaged in line ${index + 1}; delete it to begin anew`, error)
    }
  }
}

function apply(tables: Map<string, Map<string, unknown>>, [name, id, row]: Write): void {
  const table = tables.get(name) ?? new Map<string, unknown>()
  tables.set(name, table)
  if (row === undefined) table.delete(id)
  else table.set(id, row)
}

/** Leaves only what is alive, in a new file that takes the old one's place in one move. */
function compact(file: string, connector: string, tables: ReadonlyMap<string, ReadonlyMap<string, unknown>>): void {
  const next = `${file}.next`
  const descriptor = openSync(next, 'w', 0o600)
  writeSync(descriptor, `${header(connector)}\n`)
  for (const [name, table] of tables) {
    for (const [id, row] of table) writeSync(descriptor, `${encode([[name, id, row]])}\n`)
  }
  fsyncSync(descriptor)
  closeSync(descriptor)
  renameSync(next, file)
}

function unusable(file: string, what: string, cause?: unknown): TenonError {
  return new TenonError('DATA_FOLDER_UNUSABLE', `${file} ${what}`, { cause })
}

class Tables implements Database {
  readonly #tables: Map<string, Map<string, unknown>>
  readonly #log: Log | null
  readonly #keep: number
  writes = 0
  #open: { readonly writes: Write[]; readonly before: Write[] } | null = null

  constructor(tables: Map<string, Map<string, unknown>>, log: Log | null, keep: number) {
    this.#tables = tables
    this.#log = log
    this.#keep = keep
  }

  table<Row>(name: string): Table<Row> {
    const rows = this.#tables.get(name) ?? new Map<string, unknown>()
    this.#tables.set(name, rows)
    const write = (id: string, row?: Row): void => {
      if (this.#open === null) throw new TenonError('APP_INVALID', `${name} was written to outside of an operation`)
      this.writes += 1
      this.#open.before.push([name, id, rows.get(id)])
      this.#open.writes.push(row === undefined ? [name, id] : [name, id, row])
      apply(this.#tables, [name, id, row])
    }
    const keep = name.startsWith('$') ? keepOwn : this.#keep
    return {
      get: (id) => rows.get(id) as Row | undefined,
      put(id, row) {
        if (rows.size >= keep && !rows.has(id)) write(rows.keys().next().value ?? '')
        write(id, row)
      },
      delete: (id) => rows.has(id) && write(id),
      values: () => rows.values() as IterableIterator<Row>,
      get size() {
        return rows.size
      },
    }
  }

  transaction<Result>(body: () => Result): Result {
    if (this.#open !== null) return body()
    const open = { writes: [] as Write[], before: [] as Write[] }
    this.#open = open
    try {
      const result = body()
      if (open.writes.length > 0) this.#log?.append(encode(open.writes))
      return result
    } catch (error) {
      for (const write of open.before.toReversed()) apply(this.#tables, write)
      throw error
    } finally {
      this.#open = null
    }
  }

  durable(): Promise<void> {
    return this.#log?.durable() ?? Promise.resolve()
  }

  snapshot(): Record<string, Record<string, unknown>> {
    return Object.fromEntries([...this.#tables].map(([name, rows]) => [name, Object.fromEntries(rows)]))
  }

  async close(): Promise<void> {
    await this.#log?.close()
  }
}

/** One write is under way while the next one fills: many requests share a sync. */
class Log {
  readonly #reopen: () => Promise<FileHandle>
  readonly #compactAfter: number
  #file: FileHandle
  #grown = 0
  #waiting: string[] = []
  #writing: Promise<void> = Promise.resolve()
  #next: Promise<void> | null = null

  constructor(file: FileHandle, reopen: () => Promise<FileHandle>, compactAfter: number) {
    this.#file = file
    this.#reopen = reopen
    this.#compactAfter = compactAfter
  }

  append(line: string): void {
    this.#waiting.push(line)
    if (this.#next !== null) return
    const next = this.#writing.then(() => this.#write())
    // Whoever asks for durability hears of a failure; nobody may have asked yet.
    next.catch(() => undefined)
    this.#next = next
  }

  durable(): Promise<void> {
    return this.#next ?? this.#writing
  }

  async close(): Promise<void> {
    await this.durable().catch(() => undefined)
    await this.#file.close()
  }

  async #write(): Promise<void> {
    const text = `${this.#waiting.join('\n')}\n`
    this.#waiting = []
    this.#writing = this.#next ?? this.#writing
    this.#next = null
    this.#grown += text.length
    if (this.#grown > this.#compactAfter) {
      // All that waited is in the tables already, and so in the new file.
      this.#grown = 0
      await this.#file.close()
      this.#file = await this.#reopen()
      return
    }
    await this.#file.appendFile(text)
    await this.#file.datasync()
  }
}
