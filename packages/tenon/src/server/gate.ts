import { createHash, timingSafeEqual } from 'node:crypto'
import type { FastifyRequest } from 'fastify'
import { TenonError } from '../base/errors.ts'
import type { Secret } from '../base/secret.ts'
import { rightsOf, type Caller } from './rights.ts'
import type { SessionCookie } from './session/cookie.ts'
import type { Sessions } from './session/sessions.ts'
import { refuseForeignSite, type Site } from './session/site.ts'

/** Who may manage this server, and whose runs they see. */
export interface Operator {
  readonly token: Secret
  readonly tenant: string
}

/** Who stands at the door. */
export interface Gate {
  /** Throws `FORBIDDEN` when the Host header names no host of ours. */
  refuseForeignHost(request: FastifyRequest): void
  /** Rejects with `UNAUTHENTICATED` (`shown` is false in its details where a request brings nothing to judge), or `FORBIDDEN` for what another site sent. */
  identify(request: FastifyRequest): Promise<Caller>
}

export interface GateOptions {
  readonly operator: Operator
  readonly site: Site
  readonly sessions: Sessions
  readonly cookie: SessionCookie
}

export function createGate({ operator, site, sessions, cookie }: GateOptions): Gate {
  const isToken = tokenJudge(operator.token)
  const program: Caller = {
    kind: 'token',
    by: 'operator',
    tenant: operator.tenant,
    rights: rightsOf.token,
    expiresAt: null,
    session: null,
  }
  const personOf = async (value: string | null): Promise<Caller> => {
    if (value === null)
      throw new TenonError('UNAUTHENTICATED', 'there is neither a session nor a token', { details: { shown: false } })
    const found = await sessions.find(value)
    // A session of another tenant is none: nothing tells that it would be good elsewhere.
    if (found === null || found.tenant !== operator.tenant)
      throw new TenonError('UNAUTHENTICATED', 'there is no session, or it has ended')
    const { by, tenant, expiresAt } = found
    return { kind: 'session', by, tenant, rights: rightsOf.session, expiresAt, session: value }
  }
  return {
    refuseForeignHost: (request) => void site.originOf(request),
    async identify(request) {
      const origin = site.originOf(request)
      const { authorization } = request.headers
      refuseForeignSite(request, origin, authorization === undefined && request.headers.cookie !== undefined)
      // Whoever shows a token means it: a wrong one is not made good by a cookie.
      if (authorization === undefined) return personOf(cookie.read(request, origin))
      if (isToken(authorization)) return program
      throw new TenonError('UNAUTHENTICATED', 'the operator token is wrong')
    },
  }
}

/** Digests have one length, so that the comparison says nothing about the token. */
function tokenJudge(token: Secret): (authorization: string) => boolean {
  const expected = digest(token.reveal())
  return (authorization) => {
    const given = /^Bearer +(\S+)$/i.exec(authorization)?.[1]
    return given !== undefined && timingSafeEqual(digest(given), expected)
  }
}

function digest(text: string): Buffer {
  return createHash('sha256').update(text).digest()
}
