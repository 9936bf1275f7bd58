import type { FastifyRequest } from 'fastify'
import { TenonError } from '../../base/errors.ts'

/** The names under which browsers reach this server, and by which scheme. */
export interface Site {
  /** The origin that a request came to. Throws `FORBIDDEN` when its Host header names no host of ours (DNS rebinding). */
  originOf(request: FastifyRequest): string
}

/** The names by which a machine reaches itself, as a Host header and as an address to listen on. */
export const loopback: ReadonlySet<string> = new Set(['127.0.0.1', 'localhost', '[::1]', '::1'])

/** `publicUrl` is where a proxy offers the server, such as `https://tenon.example.com`; the server itself speaks plain HTTP. */
export function createSite(host: string, publicUrl: string | undefined): Site {
  const own = new Set([...loopback, host.includes(':') ? `[${host}]` : host])
  const offered = publicUrl === undefined ? null : new URL(publicUrl)
  return {
    originOf({ headers }) {
      const given = (headers.host ?? '').toLowerCase()
      if (offered !== null && given === offered.host) return offered.origin
      if (own.has(given.replace(/:\d+$/, ''))) return `http://${given}`
      throw new TenonError(
        'FORBIDDEN',
        'the Host header names another host; set TENON_URL to the address that people use',
      )
    },
  }
}

/**
 * Refuses what another site's page made a browser send (CSRF). `proof` asks for an Origin: a browser gives one with everything that changes something, and what
 * sends cookies is a browser.
 */
export function refuseForeignSite(request: FastifyRequest, origin: string, proof: boolean): void {
  const { headers } = request
  const from = headers['sec-fetch-site']
  const isRead = request.method === 'GET' || request.method === 'HEAD'
  // A request that a person typed or a bookmark made comes from `none`; it can only read.
  const isOwn = from === undefined || from === 'same-origin' || (from === 'none' && isRead)
  const isOrigin = headers.origin === undefined ? isRead || !proof : headers.origin === origin
  if (!isOwn || !isOrigin) throw new TenonError('FORBIDDEN', 'the request comes from another site')
}
