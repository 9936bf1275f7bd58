import { closeSync, openSync, readSync, statSync } from 'node:fs'

/**
 * SQLite takes the first frame of its write-ahead log that does not match its checksum for the end of the log, so one flipped bit would silently undo every later
 * commit. Each commit is synced before the next begins: a crash can leave at most the last one torn. Damage with two commits or more behind it is no crash.
 * Format: https://sqlite.org/fileformat2.html §4.
 */
export function findWalDamage(path: string): string | null {
  const size = statSync(path, { throwIfNoEntry: false })?.size ?? 0
  if (size < headerBytes + frameHeaderBytes) return null
  const file = openSync(path, 'r')
  try {
    return check((position, length) => readAt(file, position, length), size)
  } finally {
    closeSync(file)
  }
}

const headerBytes = 32
const frameHeaderBytes = 24

function readAt(file: number, position: number, length: number): Buffer {
  const buffer = Buffer.alloc(length)
  return buffer.subarray(0, readSync(file, buffer, 0, length, position))
}

function check(read: (position: number, length: number) => Buffer, size: number): string | null {
  const header = read(0, headerBytes)
  const pageBytes = header.readUInt32BE(8)
  const isLittle = header.readUInt32BE(0) === 0x377f0682
  let sum: Sum = checksum(header.subarray(0, 24), [0, 0], isLittle)
  const isHeaderSound = sum[0] === header.readUInt32BE(24) && sum[1] === header.readUInt32BE(28)
  if (!isHeaderSound) return 'its write-ahead log has a damaged header'
  const salt = header.subarray(16, 24)
  let damagedAt: number | null = null
  let commitsBehind = 0
  const frameBytes = frameHeaderBytes + pageBytes
  for (let index = 0; headerBytes + (index + 1) * frameBytes <= size; index += 1) {
    const position = headerBytes + index * frameBytes
    if (damagedAt === null) {
      const frame = read(position, frameBytes)
      sum = checksum(frame.subarray(frameHeaderBytes), checksum(frame.subarray(0, 8), sum, isLittle), isLittle)
      if (!frame.subarray(8, 16).equals(salt) || sum[0] !== frame.readUInt32BE(16) || sum[1] !== frame.readUInt32BE(20))
        damagedAt = index
    }
    if (damagedAt !== null) {
      const frame = read(position, frameHeaderBytes)
      // Frames of an earlier round of the log have another salt.
      if (frame.subarray(8, 16).equals(salt) && frame.readUInt32BE(4) !== 0) commitsBehind += 1
      if (commitsBehind === 2) return `its write-ahead log is damaged at frame ${damagedAt + 1}`
    }
  }
  return null
}

type Sum = readonly [number, number]

function checksum(bytes: Buffer, [first, second]: Sum, isLittle: boolean): Sum {
  let a = first
  let b = second
  for (let position = 0; position < bytes.length; position += 8) {
    a = (a + (isLittle ? bytes.readUInt32LE(position) : bytes.readUInt32BE(position)) + b) >>> 0
    b = (b + (isLittle ? bytes.readUInt32LE(position + 4) : bytes.readUInt32BE(position + 4)) + a) >>> 0
  }
  return [a, b]
}
