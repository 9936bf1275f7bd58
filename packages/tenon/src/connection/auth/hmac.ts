import { randomBytes } from 'node:crypto'
import type { HmacSettings } from '../../definition/auth/hmac.ts'
import { filled, momentAt, signatureOf, type Moment } from '../../definition/auth/signing.ts'
import { percentEncoded, withQuery } from '../../definition/request-text.ts'
import type { AuthScheme, BareRequest } from '../auth-scheme.ts'
import { credential, requireLine, unusable } from '../credentials.ts'

/** Signed by what the connector says, over the request as it is sent. */
export const scheme: AuthScheme = {
  open({ settings: declared, credentials, clock }) {
    const settings = declared as HmacSettings
    const fields = Object.fromEntries(
      Object.entries(credentials).map(([field, value]) => [field, requireLine(value.reveal(), field)]),
    )
    const key = keyOf(credential(credentials, settings.secret), settings)
    return {
      apply(request: BareRequest) {
        const moment = momentAt(clock.now(), randomBytes(16).toString('hex'))
        const adding = { settings, fields, moment }
        add(request, adding, null)
        add(request, adding, signatureOf(key, { ...adding, request }))
      },
    }
  },
}

interface Adding {
  readonly settings: HmacSettings
  readonly fields: Readonly<Record<string, string>>
  readonly moment: Moment
}

function keyOf(secret: string, { secret: field, secretEncoding }: HmacSettings): Buffer {
  requireLine(secret, field)
  if (secretEncoding === 'text') return Buffer.from(secret)
  const form = secretEncoding === 'hex' ? /^(?:[\da-f]{2})+$/i : /^[\w+/-]+={0,2}$/
  if (!form.test(secret)) throw unusable(field, `is not ${secretEncoding}, in which its provider shows it`)
  return Buffer.from(secret, secretEncoding)
}

/** Before there is a signature what does not hold it, afterwards what does. */
function add(request: BareRequest, adding: Adding, signature: string | null): void {
  const { headers, query } = adding.settings
  const isTurn = (template: string): boolean => template.includes('{signature}') === (signature !== null)
  const valueOf = (template: string): string => String(filled(template, { ...adding, request }, signature ?? ''))
  for (const [name, template] of query)
    if (isTurn(template))
      request.path = withQuery(request.path, `${percentEncoded(name)}=${percentEncoded(valueOf(template))}`)
  for (const [name, template] of headers)
    if (isTurn(template)) request.headers.push(name.toLowerCase(), valueOf(template))
}
