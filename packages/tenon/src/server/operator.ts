import { createHash, timingSafeEqual } from 'node:crypto'
import type { FastifyRequest } from 'fastify'
import { TenonError } from '../base/errors.ts'
import type { Secret } from '../base/secret.ts'
import type { Gate } from './mount.ts'
import { rightsOf, type Caller } from './rights.ts'

/** Who may manage this server, and whose runs they see. */
export interface Operator {
  readonly token: Secret
  readonly tenant: string
}

/** The names by which a machine reaches itself, as a Host header and as an address to listen on. */
export const loopback: ReadonlySet<string> = new Set(['127.0.0.1', 'localhost', '[::1]', '::1'])

export function createGate(operator: Operator, host: string): Gate {
  const expected = digest(operator.token.reveal())
  const hosts = new Set([...loopback, host])
  const caller: Caller = {
    kind: 'token',
    by: 'operator',
    tenant: operator.tenant,
    rights: rightsOf.token,
    expiresAt: null,
  }
  return {
    refuseForeignHost: (request) => refuseForeignHost(request, hosts),
    identify(request) {
      refuseForeignOrigin(request)
      const given = /^Bearer +(\S+)$/i.exec(request.headers.authorization ?? '')?.[1]
      // Digests have one length, so that the comparison says nothing about the token.
      if (given !== undefined && timingSafeEqual(digest(given), expected)) return caller
      throw new TenonError('UNAUTHENTICATED', 'the operator token is missing or wrong')
    },
  }
}

/** A name that was made to point at this machine must not make a browser our client (DNS rebinding). */
function refuseForeignHost(request: FastifyRequest, hosts: ReadonlySet<string>): void {
  const name = (request.headers.host ?? '').replace(/:\d+$/, '').toLowerCase()
  if (!hosts.has(name)) throw new TenonError('FORBIDDEN', 'the Host header names another host')
}

function refuseForeignOrigin({ method, headers }: FastifyRequest): void {
  if (method === 'GET' || method === 'HEAD') return
  const isForeign = headers.origin !== undefined && headers.origin !== `http://${headers.host}`
  if (isForeign || headers['sec-fetch-site'] === 'cross-site')
    throw new TenonError('FORBIDDEN', 'the request comes from another site')
}

function digest(text: string): Buffer {
  return createHash('sha256').update(text).digest()
}
