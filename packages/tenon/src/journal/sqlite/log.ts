import { closeSync, fdatasyncSync, fsyncSync, openSync, readFileSync, rmSync, statSync, writeSync } from 'node:fs'
import { dirname } from 'node:path'
import { crc32 } from 'node:zlib'

/**
 * Batches that are durable, but not in the tables yet: a file of records that is written from its start again whenever the tables have taken all of them.
 * A record is on the disk before the next is written, so that a crash can tear at most the last one, which nobody has been told of.
 */
export interface RedoLog {
  /** Durable when it returns. */
  append(batch: number, body: Uint8Array): void
  /** The bodies of the batches after that one, in order; what is written next stands behind them. */
  bodiesAfter(batch: number): readonly Uint8Array[]
  /** The tables have all of it: the next record overwrites the first. */
  clear(): void
  /** Deletes the file. */
  remove(): void
  close(): void
}

const magic = 0x6e6f4c54
const format = 1
/** Magic, format, length of the body, checksum, number of the batch. */
const headerBytes = 24
/** Records begin at multiples of it, so that those behind a damaged one can be found. */
const alignment = 64
/** The file grows by so much at once: where there is room already, a sync need not write the file's length as well. */
const growthBytes = 1024 * 1024

export function openLog(path: string): RedoLog {
  let file: number | null = null
  let size = 0
  let position = 0
  let scratch = Buffer.alloc(256 * 1024)

  // Made when the first batch comes: many a process never writes one.
  function open(): number {
    const isNew = statSync(path, { throwIfNoEntry: false }) === undefined
    file = openSync(path, isNew ? 'w+' : 'r+', 0o600)
    size = isNew ? 0 : statSync(path).size
    if (isNew) syncFolder(dirname(path))
    return file
  }

  function grow(to: number, target: number): void {
    if (to <= size) return
    const bytes = Math.ceil((to - size) / growthBytes) * growthBytes
    writeAll(target, Buffer.alloc(bytes), bytes, size)
    fsyncSync(target)
    size += bytes
  }

  function record(batch: number, body: Uint8Array): number {
    const length = aligned(headerBytes + body.length)
    if (scratch.length < length) scratch = Buffer.alloc(2 * length)
    scratch.writeUInt32LE(magic, 0)
    scratch.writeUInt32LE(format, 4)
    scratch.writeUInt32LE(body.length, 8)
    scratch.writeDoubleLE(batch, 16)
    scratch.set(body, headerBytes)
    scratch.fill(0, headerBytes + body.length, length)
    scratch.writeUInt32LE(checksum(scratch, body.length), 12)
    return length
  }

  return {
    append(batch, body) {
      const target = file ?? open()
      const length = record(batch, body)
      grow(position + length, target)
      writeAll(target, scratch, length, position)
      fdatasyncSync(target)
      position += length
    },
    bodiesAfter(batch) {
      const { bodies, end } = readLog(path, batch)
      position = end
      return bodies
    },
    clear() {
      position = 0
    },
    remove() {
      this.close()
      rmSync(path, { force: true })
    },
    close() {
      if (file !== null) closeSync(file)
      file = null
    },
  }
}

/** Says what is wrong with the log of a journal whose tables have everything up to `batch`, `null` when it can be trusted. */
export function findLogDamage(path: string, batch: number): string | null {
  const { bytes, bodies, end } = readLog(path, batch)
  for (let at = end; at + headerBytes <= bytes.length; at += alignment) {
    const later = recordAt(bytes, at)
    if (later !== null && later.batch > batch + bodies.length)
      return `journal.log is damaged: the record of batch ${batch + bodies.length + 1} cannot be read, but one behind it can`
  }
  return null
}

function readLog(path: string, batch: number): { bytes: Buffer; bodies: Uint8Array[]; end: number } {
  const bytes = statSync(path, { throwIfNoEntry: false }) === undefined ? Buffer.alloc(0) : readFileSync(path)
  const bodies: Uint8Array[] = []
  let end = 0
  for (;;) {
    const record = recordAt(bytes, end)
    // What is left of an earlier round has an earlier number.
    if (record === null || record.batch !== batch + bodies.length + 1) return { bytes, bodies, end }
    bodies.push(record.body)
    end += aligned(headerBytes + record.body.length)
  }
}

function recordAt(bytes: Buffer, at: number): { readonly batch: number; readonly body: Uint8Array } | null {
  if (at + headerBytes > bytes.length || bytes.readUInt32LE(at) !== magic || bytes.readUInt32LE(at + 4) !== format)
    return null
  const length = bytes.readUInt32LE(at + 8)
  if (at + headerBytes + length > bytes.length) return null
  const record = bytes.subarray(at, at + headerBytes + length)
  if (record.readUInt32LE(12) !== checksum(record, length)) return null
  return { batch: record.readDoubleLE(16), body: record.subarray(headerBytes) }
}

/** Over everything but itself. */
function checksum(record: Buffer, length: number): number {
  return crc32(record.subarray(16, headerBytes + length), crc32(record.subarray(0, 12)))
}

function aligned(length: number): number {
  return Math.ceil(length / alignment) * alignment
}

function writeAll(file: number, bytes: Buffer, length: number, position: number): void {
  for (let done = 0; done < length;) done += writeSync(file, bytes, done, length - done, position + done)
}

// A new file is found after a crash only when its folder is on the disk as well.
function syncFolder(folder: string): void {
  const file = openSync(folder, 'r')
  fsyncSync(file)
  closeSync(file)
}
