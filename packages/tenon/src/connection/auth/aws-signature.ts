import { createHmac, hash } from 'node:crypto'
import type { AwsSignatureSettings } from '../../definition/auth/aws-signature.ts'
import type { AuthScheme, BareRequest } from '../auth-scheme.ts'
import { credential, optionalCredential, requireHeaderValue, requireLine } from '../credentials.ts'
import { order, percentEncoded, splitPath } from '../../definition/request-text.ts'

const algorithm = 'AWS4-HMAC-SHA256'

/** AWS, "Signature Version 4 signing process". */
export const scheme: AuthScheme = {
  open({ settings, credentials, clock }) {
    const { service, region, payload } = settings as AwsSignatureSettings
    const id = requireHeaderValue(credential(credentials, 'accessKeyId'), 'accessKeyId')
    const secret = requireLine(credential(credentials, 'secretAccessKey'), 'secretAccessKey')
    const session = optionalCredential(credentials, 'sessionToken')
    if (session !== null) requireHeaderValue(session, 'sessionToken')
    let keyDay = ''
    let key: Buffer = Buffer.alloc(0)
    /** One for each day: it holds for all its requests. */
    const keyOf = (day: string): Buffer => {
      if (day !== keyDay) {
        key = [day, region, service, 'aws4_request'].reduce<Buffer>(hmac, Buffer.from(`AWS4${secret}`))
        keyDay = day
      }
      return key
    }
    return {
      apply(request: BareRequest) {
        const time = new Date(clock.now()).toISOString().replace(/[-:]|\.\d{3}/g, '')
        const day = time.slice(0, 8)
        const scope = `${day}/${region}/${service}/aws4_request`
        addHeaders(request, { time, session, content: contentHash(request, payload), isStore: service === 's3' })
        const { text, names } = canonical(request, service === 's3', contentHash(request, payload))
        const signed = `${algorithm}\n${time}\n${scope}\n${hash('sha256', text)}`
        const signature = hmac(keyOf(day), signed).toString('hex')
        request.headers.push(
          'authorization',
          `${algorithm} Credential=${id}/${scope}, SignedHeaders=${names}, Signature=${signature}`,
        )
      },
    }
  },
}

function hmac(key: Buffer, text: string): Buffer {
  return createHmac('sha256', key).update(text).digest()
}

function contentHash({ body }: BareRequest, payload: AwsSignatureSettings['payload']): string {
  return payload === 'unsigned' ? 'UNSIGNED-PAYLOAD' : hash('sha256', body ?? '')
}

function addHeaders(
  { headers }: BareRequest,
  parts: {
    readonly time: string
    readonly session: string | null
    readonly content: string
    readonly isStore: boolean
  },
): void {
  headers.push('x-amz-date', parts.time)
  // S3 asks for it; elsewhere it is needed only where the body is not covered.
  if (parts.isStore || parts.content === 'UNSIGNED-PAYLOAD') headers.push('x-amz-content-sha256', parts.content)
  if (parts.session !== null) headers.push('x-amz-security-token', parts.session)
}

/** The request as AWS reads it. It is sent as it is signed: what `+` means is read in two ways. */
function canonical(request: BareRequest, isStore: boolean, content: string): { text: string; names: string } {
  const [given, query] = splitPath(request.path)
  const path = isStore ? given.split('/').map(decodeURIComponent).map(percentEncoded).join('/') : given
  const sorted = canonicalQuery(query)
  request.path = sorted === '' ? path : `${path}?${sorted}`
  // S3 takes the path as it is sent; all others encode what is encoded already once more.
  const shown = isStore ? path : path.split('/').map(percentEncoded).join('/')
  const headers = signedHeaders(request)
  const lines = headers.map(([name, value]) => `${name}:${value}\n`).join('')
  const names = headers.map(([name]) => name).join(';')
  return { text: [request.method, shown, sorted, lines, names, content].join('\n'), names }
}

/** By name, then by value: `=` must not count as a part of the name. */
function canonicalQuery(query: string): string {
  return [...new URLSearchParams(query)]
    .map(([name, value]) => [percentEncoded(name), percentEncoded(value)] as const)
    .toSorted(([name, value], [otherName, otherValue]) =>
      name === otherName ? order(value, otherValue) : order(name, otherName),
    )
    .map(([name, value]) => `${name}=${value}`)
    .join('&')
}

/** What nobody on the way changes, by name. */
function signedHeaders({ origin, headers }: BareRequest): readonly (readonly [name: string, value: string])[] {
  const signed: (readonly [string, string])[] = [['host', new URL(origin).host]]
  for (let index = 0; index < headers.length; index += 2) {
    const name = (headers[index] as string).toLowerCase()
    if (!/^x-amz-|^content-(?:type|md5)$/.test(name)) continue
    signed.push([name, (headers[index + 1] as string).trim().replace(/ +/g, ' ')])
  }
  return signed.toSorted(([left], [right]) => order(left, right))
}
