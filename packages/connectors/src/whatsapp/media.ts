import { createHash } from 'node:crypto'
import type { RawRequest } from 'tenon'
import type { Simulation } from 'tenon/simulator'
import { refused, requireNumber } from './dialect.ts'
import { readMultipart } from './multipart.ts'

interface Media {
  readonly id: string
  readonly mime_type: string
  readonly sha256: string
  readonly file_size: number
  readonly filename: string
  readonly until: number
}

/** Kept for thirty days. */
const lifeMs = 30 * 86_400_000
/** Types that may be sent, with the most bytes of each. */
const limits: Readonly<Record<string, number>> = {
  'image/jpeg': 5_242_880,
  'image/png': 5_242_880,
  'image/webp': 512_000,
  'video/mp4': 16_777_216,
  'video/3gpp': 16_777_216,
  'audio/aac': 16_777_216,
  'audio/mp4': 16_777_216,
  'audio/mpeg': 16_777_216,
  'audio/ogg': 16_777_216,
  'application/pdf': 104_857_600,
  'text/plain': 104_857_600,
}

const files = (simulation: Simulation) => simulation.table<Media>('media')

/** An upload as its operation was given it. */
export function readUpload({ headers, body }: RawRequest, { phone_number_id }: Readonly<Record<string, string>>) {
  const parts = readMultipart(headers['content-type'] ?? '', body)
  const file = parts.get('file')
  const product = parts.get('messaging_product')?.content.toString()
  if (file === undefined || product !== 'whatsapp') return { phone_number_id }
  const type = parts.get('type')?.content.toString() ?? file.type
  return { phone_number_id, type, filename: file.filename ?? 'file', data: file.content.toString('base64') }
}

interface Upload {
  readonly phone_number_id: string
  readonly type: string
  readonly filename: string
  readonly data: string
}

/** Only what describes a file is kept, not the file. */
export function upload(simulation: Simulation, { phone_number_id, type, filename, data }: Upload) {
  requireNumber(phone_number_id)
  const content = Buffer.from(data, 'base64')
  const most = limits[type.split(';')[0] ?? '']
  if (most === undefined)
    refused(100, `Param file must be a file with one of the following types: ${Object.keys(limits).join(', ')}.`)
  if (content.length > most) refused(100, `The file has ${content.length} bytes; at most ${most} are taken.`)
  const id = String(simulation.number('media', 1_034_567_890_123))
  const sha256 = createHash('sha256').update(content).digest('hex')
  const until = simulation.now() + lifeMs
  files(simulation).put(id, { id, mime_type: type, sha256, file_size: content.length, filename, until })
  return { id }
}

export function showMedia(simulation: Simulation, id: string) {
  const { until: _until, filename: _filename, ...media } = mediaOf(simulation, id)
  const url = `https://lookaside.fbsbx.com/whatsapp_business/attachments/?mid=${id}&ext=${Math.floor(simulation.now() / 1000) + 300}`
  return { messaging_product: 'whatsapp', url, ...media }
}

export function deleteMedia(simulation: Simulation, id: string) {
  mediaOf(simulation, id)
  files(simulation).delete(id)
  return { success: true }
}

/** What is sent by its id must be there, and be of that kind. */
export function requireMedia(simulation: Simulation, kind: string, id: string | undefined): void {
  if (id === undefined) return
  const media = files(simulation).get(id)
  const kindOf = media?.mime_type.split('/')[0] ?? ''
  const isFit = kind === 'document' ? kindOf !== '' : kindOf === kind
  if (media === undefined || media.until < simulation.now() || !isFit)
    refused(131_009, `${kind}: there is no such media with the id ${id}`)
}

function mediaOf(simulation: Simulation, id: string): Media {
  const media = files(simulation).get(id)
  const isThere = media !== undefined && media.until > simulation.now()
  return isThere ? media : refused(100, `Object with ID '${id}' does not exist.`)
}
