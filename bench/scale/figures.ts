import { readFileSync } from 'node:fs'

/** What the job `scale` measures, and the job `cluster` of a node as a whole. CPU in milliseconds of one core of the machine that is named. */
export interface Figures {
  readonly measured: string
  /** One run of the job order-webhook: an event that starts it, three appends. */
  readonly run: {
    readonly writes: number
    readonly walBytes: number
    readonly diskBytes: number
    readonly nodeMs: number
    /** The event and what the steps came to, as text. */
    readonly contentBytes: number
  }
  /** What a batch costs whatever is in it, and each write in it. */
  readonly batch: { readonly databaseMs: number; readonly nodeMs: number }
  readonly write: { readonly databaseMs: number; readonly nodeMs: number }
  /** An event that starts nothing. */
  readonly webhook: { readonly walBytes: number; readonly diskBytes: number }
  /** A run that waits for an event: what it occupies until it goes on. */
  readonly waiting: { readonly walBytes: number; readonly diskBytes: number }
  /** What a node with nothing to do asks each second: five reads. */
  readonly idle: { readonly databaseMs: number }
}

export const figures = JSON.parse(readFileSync(new URL('figures.json', import.meta.url), 'utf8')) as Figures

/** What is taken for given, and was not measured here: a database server as one rents it, in the same data centre as its nodes. */
export interface Hardware {
  readonly databaseCores: number
  /** Of what the log's disk writes for good, bytes per second. */
  readonly logBytesPerS: number
  /** Until a commit is on that disk. */
  readonly flushMs: number
  /** From a node to the database and back. */
  readonly roundTripMs: number
}

export const hardware: Hardware = { databaseCores: 32, logBytesPerS: 400e6, flushMs: 1, roundTripMs: 0.5 }
