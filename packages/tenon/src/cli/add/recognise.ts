import type { SourceDocument } from '../../protocol/description.ts'
import { descriptionInvalid } from '../../protocol/invalid.ts'
import type { Protocol } from '../../protocol/protocol.ts'
import { loadProtocols } from '../../protocol/registry.ts'

/** The protocol that reads a document, and what it takes it for. Throws `DESCRIPTION_INVALID` where none does, with what can be read. */
export async function requireProtocol(
  document: SourceDocument,
): Promise<{ readonly protocol: Protocol; readonly format: string }> {
  const protocols = await loadProtocols()
  for (const protocol of protocols) {
    const format = protocol.recognise(document)
    if (format !== null) return { protocol, format }
  }
  const what = /^\s*<(?:!doctype\s+html|html)[\s>]/i.test(document.text)
    ? 'is a web page, not a description: look for a link to the document itself'
    : 'is not a description that can be read'
  const known = protocols.map(({ reads }) => reads).join('; ')
  throw descriptionInvalid(document.location, '', `${what}. Read are: ${known}`)
}
