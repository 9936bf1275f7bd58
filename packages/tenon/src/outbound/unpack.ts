import { brotliDecompress, gunzip, inflate, zstdDecompress } from 'node:zlib'
import { answerRefused } from './failure.ts'
import type { RawAnswer } from './outbound.ts'

type Unpacker = (
  packed: Uint8Array,
  options: { readonly maxOutputLength: number },
  done: (error: Error | null, unpacked: Buffer) => void,
) => void

const unpackers = new Map<string, Unpacker>(
  Object.entries({ gzip: gunzip, 'x-gzip': gunzip, deflate: inflate, br: brotliDecompress, zstd: zstdDecompress }),
)

export function isPacked(answer: RawAnswer): boolean {
  const encoding = answer.headers['content-encoding']
  return encoding !== undefined && encoding !== 'identity' && answer.body.length > 0
}

/** More than one is not seen from honest servers, and each multiplies what a few bytes unpack to. */
const mostCodings = 2

/** We ask for plain bodies; some providers pack them all the same. Unpacked within the limit, or refused: what has come and what it unpacks to are each held to it. */
export async function unpack(answer: RawAnswer, maxBytes: number): Promise<RawAnswer> {
  let body: Buffer | null = answer.body
  // Packed in the order in which they are named (RFC 9110 §8.4).
  for (const coding of codingsOf(answer).toReversed()) body = body && (await unpacked(body, coding, maxBytes))
  if (body !== null) return { ...answer, body }
  if (answer.status >= 300) return { ...answer, body: Buffer.alloc(0), isComplete: false }
  throw answerRefused(
    `a packed body that is damaged, unknown or unpacks to more than ${maxBytes} bytes; ask for less, or raise maxAnswerBytes of the connector`,
  )
}

function codingsOf({ headers }: RawAnswer): readonly string[] {
  const codings = [headers['content-encoding'] ?? []].flat().join(',').toLowerCase().split(',')
  return codings.length > mostCodings ? ['too many'] : codings.map((coding) => coding.trim())
}

function unpacked(packed: Buffer, coding: string, maxOutputLength: number): Promise<Buffer | null> {
  const unpacker = unpackers.get(coding)
  return new Promise((resolve) => {
    if (unpacker === undefined) return resolve(null)
    unpacker(packed, { maxOutputLength }, (error, body) => resolve(error === null ? body : null))
  })
}
