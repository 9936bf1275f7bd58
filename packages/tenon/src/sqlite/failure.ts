/** What an error of the database means for the writes of its batch. */
export type Failure =
  /** Nothing is stored; a later write may succeed. */
  | 'transient'
  /** The file or the disk is no longer to be trusted. */
  | 'final'
  /** One write of the batch cannot be stored, whatever the state of the disk. */
  | 'write'

const codes = {
  busy: 5,
  locked: 6,
  noMemory: 7,
  readOnly: 8,
  io: 10,
  corrupt: 11,
  full: 13,
  canNotOpen: 14,
  notADatabase: 26,
} as const

// Failed writes are made again by the next batch. A failed fsync is final: the kernel may have dropped the pages and report success the next time.
const failedWrites: ReadonlySet<number> = new Set([778, 1546, 4874])

export function failureOf(error: unknown): Failure {
  if (isFull(error)) return 'transient'
  const errcode = errcodeOf(error)
  // Of the log: after a failed write or sync nobody knows what the disk holds.
  if (errcode === null) return error instanceof Error && 'syscall' in error ? 'final' : 'write'
  switch (errcode & 0xff) {
    case codes.full:
    case codes.busy:
    case codes.locked:
    case codes.noMemory:
    case codes.readOnly:
      return 'transient'
    case codes.io:
      return failedWrites.has(errcode) ? 'transient' : 'final'
    case codes.corrupt:
    case codes.canNotOpen:
    case codes.notADatabase:
      return 'final'
    default:
      return 'write'
  }
}

export function isCorrupt(error: unknown): boolean {
  const errcode = errcodeOf(error)
  return errcode !== null && [codes.corrupt, codes.notADatabase].some((code) => code === (errcode & 0xff))
}

export function isBusy(error: unknown): boolean {
  return errcodeOf(error) === codes.busy
}

export function isFull(error: unknown): boolean {
  return errcodeOf(error) === codes.full || (error instanceof Error && 'code' in error && error.code === 'ENOSPC')
}

function errcodeOf(error: unknown): number | null {
  const isDatabaseError = error instanceof Error && 'errcode' in error && typeof error.errcode === 'number'
  return isDatabaseError ? (error.errcode as number) : null
}
