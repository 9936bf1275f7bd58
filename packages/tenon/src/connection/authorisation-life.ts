import { createHash } from 'node:crypto'
import type { ConnectionName } from './managed.ts'
import type { TokensBody } from './tokens-document.ts'

const day = 86_400_000
/** Where nobody says how long a refresh token lives that is not used: the shortest life of providers that do not say it in their answers. */
const unknownLifeMs = 7 * day
/** Renewal is due at a moment between these parts of the life. */
const [firstPart, lastPart] = [1 / 3, 0.9]
const longestSpreadMs = day / 2
const longestWarningMs = 7 * day
/** After so long a time of failures nothing is tried without a call. */
const triedForMs = 4 * day

/** What is known of when an account must be renewed or connected again, in milliseconds since the epoch. */
export interface AuthorisationLife {
  /** Renewal without a call is due; `Infinity` where there is nothing to renew, or only a person can help. */
  readonly renewAt: number
  /** From here on people are told that it ends; `Infinity` where nobody says when it does. */
  readonly expiringAt: number
  /** `null` where nobody says it. */
  readonly endsAt: number | null
}

export const nothingDue: AuthorisationLife = { renewAt: Infinity, expiringAt: Infinity, endsAt: null }

/**
 * The moment of renewal is a chance that the name and the number of the renewal decide: accounts that were connected together are not renewed together, and each process comes to the
 * same moment, also after a restart. The first comes at any part of the life: it shows early whether renewal works, and the renewals of many accounts that came at once are even from the start. What is overdue when it is looked at, as after a long stop, is spread over the time that is left.
 */
export function lifeOf(which: ConnectionName, body: TokensBody, now: number): AuthorisationLife {
  const { refresh, access, expiresAt, refreshLife, authorisedAt, obtainedAt, lost } = body
  // What no person consented to is obtained again from the credentials, whenever it is needed.
  if (authorisedAt === null || access === null || lost !== null) return nothingDue
  if (refresh === null)
    return { renewAt: Infinity, ...warningOf(expiresAt, expiresAt === null ? 0 : expiresAt - obtainedAt) }
  return { renewAt: dueAt(which, body, now), ...warningOf(refreshLife?.endsAt ?? null, refreshLife?.lifeMs ?? 0) }
}

/** Nothing is tried any more without a call. */
export function isGivenUp({ failing }: Pick<TokensBody, 'failing'>): boolean {
  return failing !== null && failing.retryAt - failing.since > triedForMs
}

function dueAt(which: ConnectionName, body: TokensBody, now: number): number {
  const { obtainedAt, authorisedAt, refreshLife, failing, generation } = body
  if (isGivenUp(body)) return Infinity
  if (failing !== null) return failing.retryAt
  const lifeMs = refreshLife === null ? unknownLifeMs : Math.max(0, refreshLife.endsAt - obtainedAt)
  const [chance, other] = chancesOf(which, generation)
  const part = firstPart + chance * (lastPart - firstPart)
  const due = obtainedAt + lifeMs * (obtainedAt === authorisedAt ? part * other : part)
  if (due >= now) return due
  const leftMs = Math.max(0, obtainedAt + lifeMs * lastPart - now)
  return now + other * Math.min(longestSpreadMs, leftMs)
}

function warningOf(endsAt: number | null, lifeMs: number): Omit<AuthorisationLife, 'renewAt'> {
  if (endsAt === null) return { endsAt, expiringAt: Infinity }
  return { endsAt, expiringAt: endsAt - Math.min(longestWarningMs, lifeMs * (1 - lastPart)) }
}

/** Each from 0 to below 1. */
function chancesOf({ tenant, connector, name }: ConnectionName, generation: number): readonly [number, number] {
  const digest = createHash('sha256').update(`${tenant}\n${connector}\n${name}\n${generation}`).digest()
  return [digest.readUInt32BE(0) / 2 ** 32, digest.readUInt32BE(4) / 2 ** 32]
}
