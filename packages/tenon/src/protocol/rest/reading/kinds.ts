import type { MediaKind } from '../wire.ts'

/** Without parameters, in lower case. */
export function bareType(type: string): string {
  return (type.split(';', 1)[0] as string).trim().toLowerCase()
}

const exact: Readonly<Record<string, MediaKind>> = {
  'application/x-www-form-urlencoded': 'form',
  'multipart/form-data': 'multipart',
  'multipart/mixed': 'multipart',
  'multipart/related': 'multipart',
  'application/x-ndjson': 'ndjson',
  'application/ndjson': 'ndjson',
  'application/jsonl': 'ndjson',
  'application/x-jsonlines': 'ndjson',
  'application/jsonlines': 'ndjson',
  'application/json-seq': 'ndjson',
  'application/xml': 'xml',
  'text/xml': 'xml',
  'application/javascript': 'text',
  'application/yaml': 'text',
  'application/x-yaml': 'text',
}

/** How a media type is written and read. */
export function kindOfType(type: string): MediaKind {
  const bare = bareType(type)
  const known = Object.hasOwn(exact, bare) ? exact[bare] : undefined
  if (known !== undefined) return known
  if (/[/+]json$|^text\/json$|^application\/json/.test(bare)) return 'json'
  if (bare.endsWith('+xml')) return 'xml'
  return bare.startsWith('text/') ? 'text' : 'bytes'
}

/** What we would rather speak, the best first. */
export const preferred: readonly MediaKind[] = ['json', 'form', 'multipart', 'xml', 'ndjson', 'text', 'bytes']
