import { brotliDecompress, gunzip, inflate } from 'node:zlib'
import { answerRefused } from './failure.ts'
import type { RawAnswer } from './outbound.ts'

type Unpacker = (
  packed: Uint8Array,
  options: { readonly maxOutputLength: number },
  done: (error: Error | null, unpacked: Buffer) => void,
) => void

const unpackers = new Map<string, Unpacker>(
  Object.entries({ gzip: gunzip, 'x-gzip': gunzip, deflate: inflate, br: brotliDecompress }),
)

export function isPacked(answer: RawAnswer): boolean {
  const encoding = answer.headers['content-encoding']
  return encoding !== undefined && encoding !== 'identity' && answer.body.length > 0
}

/** We ask for plain bodies; some providers pack them all the same. Unpacked within the limit, or refused. */
export async function unpack(answer: RawAnswer, maxBytes: number): Promise<RawAnswer> {
  const encoding = answer.headers['content-encoding']
  const unpacker = typeof encoding === 'string' ? unpackers.get(encoding.trim().toLowerCase()) : undefined
  const body = await new Promise<Buffer | null>((resolve) => {
    if (unpacker === undefined) return resolve(null)
    unpacker(answer.body, { maxOutputLength: maxBytes }, (error, unpacked) => resolve(error === null ? unpacked : null))
  })
  if (body !== null) return { ...answer, body }
  if (answer.status >= 300) return { ...answer, body: Buffer.alloc(0), isComplete: false }
  throw answerRefused(`a packed body that is damaged, unknown or unpacks to more than ${maxBytes} bytes`)
}
