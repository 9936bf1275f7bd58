import { hash } from 'node:crypto'
import type { Placed } from '../ownership.ts'
import { hashOf } from '../hash.ts'

// A newline cannot be part of an id, so that no two pairs make the same text.
export function pathOf(tenant: string, id: string): string {
  return `${tenant}\n${id}`
}

/** For ever the same: stored with each run. All runs of one line are in one partition. */
export function partitionOf({ tenant, run, flow, key }: Placed, partitions: number): number {
  return hashOf(key === null ? `${tenant}\n${run}` : `${tenant}\n${flow}\n${key}`, 0) % partitions
}

/** 128 bits that nobody can make two texts for, as hexadecimal digits. */
export function digestOf(...parts: readonly string[]): string {
  return hash('sha256', parts.join('\n'), 'hex').slice(0, 32)
}

/** Locks are taken for as many parts of the world; more would fill the server's table of locks. */
const buckets = 512

export function bucketOf(...parts: readonly string[]): number {
  return hashOf(parts.join('\n'), 1) % buckets
}
