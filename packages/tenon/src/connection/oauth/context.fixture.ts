import { systemClock } from '../../base/clock.ts'
import { Secret } from '../../base/secret.ts'
import type { AuthDeclaration } from '../../definition/auth.ts'
import { guardedFetch } from '../../outbound/fetch.ts'
import type { Transport } from '../../outbound/outbound.ts'
import type { AuthContext } from '../auth-scheme.ts'

/** What a scheme works with in a process, for the connection shop/main. */
export function contextOver(
  transport: Transport,
  { settings }: AuthDeclaration,
  credentials: Readonly<Record<string, string>>,
  over: Partial<AuthContext> = {},
): AuthContext {
  return {
    settings,
    credentials: Object.fromEntries(Object.entries(credentials).map(([field, value]) => [field, new Secret(value)])),
    what: 'shop/main',
    clock: systemClock,
    send: () => Promise.reject(new Error('unused')),
    fetch: guardedFetch(transport, { timeoutMs: 10_000, maxAnswerBytes: 100_000 }),
    standIn: null,
    conceal: () => undefined,
    ...over,
  }
}
