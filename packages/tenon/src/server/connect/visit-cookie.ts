import type { FastifyRequest } from 'fastify'
import { visitMs } from './links.ts'

/** A visit travels by a cookie that goes to the pages of `/connect` and nowhere else. */
const nameFor = (origin: string): string => (origin.startsWith('https:') ? '__Secure-tenon_connect' : 'tenon_connect')

const attributes = (origin: string): string =>
  `Path=/connect; HttpOnly; SameSite=Strict${origin.startsWith('https:') ? '; Secure' : ''}`

export function readVisit({ headers }: FastifyRequest, origin: string): string | null {
  const start = `${nameFor(origin)}=`
  const parts = (headers.cookie ?? '').split(';').map((part) => part.trim())
  return parts.find((part) => part.startsWith(start))?.slice(start.length) ?? null
}

export function giveVisit(value: string, origin: string): string {
  return `${nameFor(origin)}=${value}; Max-Age=${visitMs / 1000}; ${attributes(origin)}`
}

export function clearVisit(origin: string): string {
  return `${nameFor(origin)}=; Max-Age=0; ${attributes(origin)}`
}
