import type { JsonSchema } from '../../../schema/schema.ts'
import type { Look } from '../look.ts'
import type { MediaKind, WireEncoding } from '../wire.ts'
import { bytesMedia } from './bytes.ts'
import { formMedia } from './form.ts'
import { jsonMedia } from './json.ts'
import { multipartMedia } from './multipart.ts'
import { ndjsonMedia } from './ndjson.ts'
import { textMedia } from './text.ts'
import { xmlMedia } from './xml.ts'

/** What is known of a body besides its bytes. */
export interface MediaContext {
  readonly schema: JsonSchema
  readonly look: Look
  /** As described. */
  readonly type: string
  readonly encoding: Readonly<Record<string, WireEncoding>>
  /** XML: the name of the root element. */
  readonly root: string
}

/** A way to write data as a body, and to read it. */
export interface Media {
  /** `type` is given where it says more than described. A body that is neither text nor bytes is written as JSON by the client. */
  write(value: unknown, context: MediaContext): { readonly body: unknown; readonly type?: string }
  /** `body` is bytes, or what the client has read already: a text, or parsed JSON. `type` is what the message says. Throws `BODY_INVALID`. */
  read(body: unknown, context: MediaContext, type: string): unknown
}

export const medias: Readonly<Record<MediaKind, Media>> = {
  json: jsonMedia,
  form: formMedia,
  multipart: multipartMedia,
  xml: xmlMedia,
  ndjson: ndjsonMedia,
  text: textMedia,
  bytes: bytesMedia,
}
