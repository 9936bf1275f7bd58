import { createHash } from 'node:crypto'
import type { FastifyRequest } from 'fastify'
import { longestMs } from './sessions.ts'

/** How the session of this installation travels. */
export interface SessionCookie {
  /** The session that a request brings, `null` for none. */
  read(request: FastifyRequest, origin: string): string | null
  /** The `Set-Cookie` header that gives the session. */
  give(value: string, origin: string): string
  /** The `Set-Cookie` header that takes it back. */
  clear(origin: string): string
}

const form = /^[\w-]{43}$/

/** Cookies know no ports: two servers on one machine must not take each other's, so the name ends with what is particular to the installation. */
export function sessionCookie(installation: string): SessionCookie {
  const own = createHash('sha256').update(`cookie of ${installation}`).digest('hex').slice(0, 8)
  const nameFor = (origin: string): string => {
    // RFC 6265bis §4.1.3.2: with this prefix no other host and no plain HTTP can set it.
    return origin.startsWith('https:') ? `__Host-tenon_session_${own}` : `tenon_session_${own}`
  }
  const attributes = (origin: string): string =>
    `Path=/; HttpOnly; SameSite=Strict${origin.startsWith('https:') ? '; Secure' : ''}`
  return {
    read({ headers }, origin) {
      const start = `${nameFor(origin)}=`
      const found = (headers.cookie ?? '')
        .split(';')
        .map((part) => part.trim())
        .find((part) => part.startsWith(start))
      const value = found?.slice(start.length)
      return value !== undefined && form.test(value) ? value : null
    },
    give: (value, origin) => `${nameFor(origin)}=${value}; Max-Age=${longestMs / 1000}; ${attributes(origin)}`,
    clear: (origin) => `${nameFor(origin)}=; Max-Age=0; ${attributes(origin)}`,
  }
}
