import type { FastifyRequest } from 'fastify'
import { TenonError } from '../base/errors.ts'
import { addressOf, rangesOf } from '../definition/ip-range.ts'
import type { RawRequest } from '../definition/verifier.ts'

const nothing = new Uint8Array(0)

export interface SendersOptions {
  /** Where a proxy offers this server. */
  readonly publicUrl?: string | undefined
  /** The addresses of our own proxies: what they say of a sender counts, and nobody else's word (SEC-14). */
  readonly proxies?: readonly string[]
  /** The header in which they hand on a client certificate that they have checked. */
  readonly certificateHeader?: string
}

/** Tells what is known of a webhook's sender. */
export interface Senders {
  read(request: FastifyRequest): RawRequest
}

/** Throws `INPUT_INVALID` for proxies that are no addresses. */
export function createSenders({ publicUrl, proxies = [], certificateHeader }: SendersOptions): Senders {
  const origin = publicUrl === undefined ? null : new URL(publicUrl).origin
  const ground: Ground = { origin, isOurs: rangesOf(proxies), certificateHeader: certificateHeader ?? null }
  return { read: (request) => new Received(request, ground) }
}

/** From `TENON_PROXIES` and `TENON_CLIENT_CERTIFICATE_HEADER`. Throws `INPUT_INVALID`. */
export function sendersOf(environment: Readonly<Record<string, string | undefined>>): SendersOptions {
  const proxies = (environment['TENON_PROXIES'] ?? '').split(/[\s,]+/).filter((text) => text !== '')
  const certificateHeader = environment['TENON_CLIENT_CERTIFICATE_HEADER']?.toLowerCase() ?? ''
  if (certificateHeader !== '' && proxies.length === 0)
    throw new TenonError(
      'INPUT_INVALID',
      'TENON_CLIENT_CERTIFICATE_HEADER is set, but TENON_PROXIES is not: anybody could send that header. Set TENON_PROXIES to the addresses of the proxies that check certificates.',
    )
  return { proxies, ...(certificateHeader === '' ? {} : { certificateHeader }) }
}

interface Ground {
  readonly origin: string | null
  readonly isOurs: (address: string | undefined) => boolean
  readonly certificateHeader: string | null
}

/** Few verifiers ask for more than headers and body: the rest is found when it is asked for. */
class Received implements RawRequest {
  readonly method: string
  readonly headers: RawRequest['headers']
  readonly body: Uint8Array
  readonly #request: FastifyRequest
  readonly #ground: Ground

  constructor(request: FastifyRequest, ground: Ground) {
    this.method = request.method
    this.headers = request.headers as RawRequest['headers']
    this.body = (request.body as Uint8Array | undefined) ?? nothing
    this.#request = request
    this.#ground = ground
  }

  /** A parameter that is there twice says two things: it counts as missing. */
  get query(): RawRequest['query'] {
    const given = Object.entries(this.#request.query as Record<string, unknown>)
    return Object.fromEntries(given.filter((pair): pair is [string, string] => typeof pair[1] === 'string'))
  }

  get url(): string {
    const { headers, url } = this.#request
    return (this.#ground.origin ?? `http://${headers.host ?? ''}`) + url
  }

  /** The last address that none of our proxies has: what stands before it anybody may have written. */
  get remoteAddress(): string {
    const { isOurs } = this.#ground
    let address = this.#request.socket.remoteAddress ?? ''
    const told = (this.headers['x-forwarded-for'] ?? '').split(',').map((text) => text.trim())
    while (isOurs(address)) {
      const before = told.pop()
      if (before === undefined || addressOf(before) === null) break
      address = before
    }
    return address
  }

  get clientCertificate(): string {
    const { certificateHeader, isOurs } = this.#ground
    if (certificateHeader === null || !isOurs(this.#request.socket.remoteAddress)) return ''
    return pemIn(this.headers[certificateHeader] ?? '')
  }
}

/** As nginx writes it (PEM, percent-encoded), or Traefik and Caddy (base64 of the certificate alone). */
function pemIn(header: string): string {
  let text: string
  try {
    text = decodeURIComponent(header)
  } catch {
    return ''
  }
  if (text === '' || text.includes('-----BEGIN')) return text
  return `-----BEGIN CERTIFICATE-----\n${text.split(',')[0]}\n-----END CERTIFICATE-----`
}
