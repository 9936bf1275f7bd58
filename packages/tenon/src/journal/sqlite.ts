import { resolve } from 'node:path'
import { systemClock, type Clock } from '../base/clock.ts'
import { TenonError } from '../base/errors.ts'
import type { JournalMeter } from '../telemetry/meter.ts'
import { bytesOf } from './bytes.ts'
import { checkAppend, checkMessage } from './check.ts'
import { groupCommit, type Size } from './group-commit.ts'
import type { JournalHistory } from './history.ts'
import type { AppendReceipt, DeliverReceipt, EventRow, Journal, JournalWork, Message } from './journal.ts'
import { soleOwnership } from './ownership.ts'
import type { Answer } from './sqlite/batch.ts'
import { unpack } from './pack.ts'
import type { PackedEntries, PackedRun } from './sqlite/read.ts'
import { startThread, type Thread } from '../sqlite/thread.ts'
import type { Trial } from './sqlite/trial.ts'
import { flatten, type Write } from './sqlite/wire.ts'
import type { WriterData } from './sqlite/writer.ts'

export interface SqliteJournalOptions {
  /** Made when it is not there. */
  readonly folder: string
  readonly clock?: Clock
  /** Most writes, and most bytes of them, that wait for the commit in progress; beyond it they reject with `OVERLOADED`. */
  readonly queueLimit?: Size
  readonly meter?: JournalMeter
  /** Faults for tests and benches. */
  readonly trial?: Trial
}

const mebibyte = 1024 * 1024

/** The journal in one SQLite file, written by a thread of its own, many writes to a commit. Rejects with `DATA_FOLDER_UNUSABLE` when the folder cannot be used. */
export async function sqliteJournal(options: SqliteJournalOptions): Promise<Journal> {
  const { clock = systemClock, queueLimit = { writes: 50_000, bytes: 128 * mebibyte }, trial = {}, meter } = options
  const folder = resolve(options.folder)
  const data: WriterData = { folder, trial, checkAlways: 4 * mebibyte, checkAfterCrash: 512 * mebibyte }
  const writer = startThread(entryOf('writer'), 'JOURNAL_UNAVAILABLE', data)
  const { epoch, closedCleanly } = await open(writer)
  let reader: Thread | null = null
  let closing: Promise<void> | null = null

  const writes = groupCommit<Write, DeliverReceipt | AppendReceipt>({
    clock,
    async commit(batch, bytes) {
      const began = performance.now()
      const answers = await writer.ask<readonly Answer[]>('write', flatten(batch), bytes)
      meter?.committed(batch.length, bytes, performance.now() - began)
      return batch.map((write, index) => receiptOf(write, answers[index]))
    },
    batch: { writes: 2000, bytes: 8 * mebibyte },
    queue: queueLimit,
  })

  meter?.watchBacklog(writes.backlog)

  // No promise of our own around that of the queue: every step of every run comes this way.
  function push(write: Write, check: () => void): Promise<DeliverReceipt | AppendReceipt> {
    try {
      check()
    } catch (error) {
      return Promise.reject(error)
    }
    return writes.push(write, bytesOf(write))
  }

  async function close(): Promise<void> {
    await writes.close()
    await reader?.end()
    await writer.ask('close')
    await writer.end()
  }

  return {
    closedCleanly,
    ownership: soleOwnership(epoch, closedCleanly ? 0 : clock.now()),
    deliver: (message) => push({ message }, () => checkMessage(message)) as Promise<DeliverReceipt>,
    append: (append) => push({ append, now: clock.now() }, () => checkAppend(append)) as Promise<AppendReceipt>,
    ...work(writer),
    ...history(
      writer,
      () => (reader ??= startThread(entryOf('reader'), 'JOURNAL_UNAVAILABLE', `${folder}/journal.db`)),
    ),
    close: () => (closing ??= close()),
  }
}

// A worker's file is named by an address, which the build does not rewrite.
function entryOf(name: 'writer' | 'reader'): URL {
  return new URL(`./sqlite/${name}${import.meta.url.endsWith('.ts') ? '.ts' : '.js'}`, import.meta.url)
}

async function open(writer: Thread): Promise<{ epoch: number; closedCleanly: boolean }> {
  try {
    return await writer.ask('opened')
  } catch (error) {
    await writer.end()
    throw error
  }
}

const plainAppend: AppendReceipt = { outcome: 'written', readied: [], reached: [] }

function receiptOf(write: Write, answer: Answer | undefined): DeliverReceipt | AppendReceipt | Error {
  if (answer === null) return 'append' in write ? plainAppend : allStarted(write.message)
  if (answer === undefined) return new TenonError('JOURNAL_UNAVAILABLE', 'a write was not answered')
  return answer.outcome === 'unavailable' ? new TenonError('JOURNAL_UNAVAILABLE', answer.reason) : answer
}

function allStarted(message: Message): DeliverReceipt {
  const starts = message.kind === 'event' ? message.starts : []
  return { outcome: 'written', started: starts.map(({ run }) => ({ run, status: 'ready' })), reached: [] }
}

const none: ReadonlySet<string> = new Set()

function work(writer: Thread): JournalWork {
  return {
    ready: ({ limit, except, flow, without }) =>
      writer.ask('ready', limit, except ?? none, flow ?? null, without ?? []),
    due: ({ now, limit, except }) => writer.ask('due', now, limit, except ?? none),
    nextWake: () => writer.ask('nextWake'),
    async load(runs) {
      const loaded = await writer.ask<readonly (PackedRun | null)[]>('load', runs)
      return loaded.map((run) => (run === null ? null : { ...run, entries: run.entries.flatMap(unpackRow) }))
    },
    inbox: (run) => writer.ask('inbox', run),
    values: (hashes) => writer.ask('values', hashes),
    cursor: (tenant, name) => writer.ask('cursor', tenant, name),
    cursors: (beginning) => writer.ask('cursors', beginning),
    prune: (query) => writer.ask('prune', query),
  }
}

function history(writer: Thread, reader: () => Thread): JournalHistory {
  // It sees the tables only.
  const ask = async <T>(method: string, ...parameters: readonly unknown[]): Promise<T> => {
    await writer.ask('settle')
    return reader().ask(method, ...parameters)
  }
  return {
    async list(query) {
      // The latest keys are known to the writer only.
      const event =
        query.event === undefined ? null : await writer.ask<EventRow | null>('event', query.tenant, query.event)
      return ask('list', query, query.event === undefined ? null : (event?.runs ?? []))
    },
    find: (tenant, runId) => ask('find', tenant, runId),
    async entries(tenant, runId) {
      return (await ask<readonly PackedEntries[]>('entries', tenant, runId)).flatMap(unpackRow)
    },
    event: (tenant, eventKey) => writer.ask('event', tenant, eventKey),
    counts: (tenant) => ask('counts', tenant),
    countsByFlow: (tenant) => ask('countsByFlow', tenant),
    line: (tenant, runId, limit) => ask('line', tenant, runId, limit),
  }
}

function unpackRow({ packed, seq }: PackedEntries): ReturnType<typeof unpack> {
  return unpack(packed, seq)
}
