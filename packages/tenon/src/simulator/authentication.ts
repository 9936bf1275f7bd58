import { timingSafeEqual } from 'node:crypto'
import { isDeepStrictEqual } from 'node:util'
import { durationMs } from '../base/duration.ts'
import { TenonError } from '../base/errors.ts'
import { contentHash } from '../base/ids.ts'
import type { BasicSettings, BearerSettings, TokenLoginSettings } from '../definition/auth.ts'
import type { Connector } from '../definition/connector.ts'
import { randomText } from './credentials.ts'
import type { Database } from './database.ts'

type Credentials = Readonly<Record<string, string>>

/** Checks requests by the scheme that the connector declares. */
export interface Authentication {
  /** Whether a request carries the account's credentials, or ones that it had once. */
  readonly judge: (authorization: string | undefined) => 'good' | 'expired' | 'bad'
  /** For schemes with a login: where it is, and a token for good credentials, else `null`. */
  readonly login: { readonly path: string; readonly issue: (body: unknown) => string | null } | null
  /** Ends all tokens, as a provider does when a password changes. */
  readonly revokeTokens: () => void
}

export interface AuthenticationContext {
  readonly credentials: Credentials
  readonly database: Database
  readonly now: () => number
}

const tokens = '$tokens'

export function authenticationOf(connector: Connector, context: AuthenticationContext): Authentication {
  const { scheme, settings } = connector.options.auth
  const { credentials } = context
  switch (scheme) {
    case 'none':
      return { judge: () => 'good', login: null, revokeTokens: () => undefined }
    case 'bearer':
      return fixed(`Bearer ${credentials[(settings as BearerSettings).field]}`)
    case 'basic': {
      const { user, password } = settings as BasicSettings
      return fixed(`Basic ${Buffer.from(`${credentials[user]}:${credentials[password]}`).toString('base64')}`)
    }
    case 'token-login':
      return tokenLogin(settings as TokenLoginSettings, context)
    default:
      throw new TenonError('APP_INVALID', `a simulator cannot check the auth scheme ${scheme} of ${connector.name} yet`)
  }
}

function fixed(expected: string): Authentication {
  return {
    judge: (authorization) => (equal(authorization ?? '', expected) ? 'good' : 'bad'),
    login: null,
    revokeTokens: () => undefined,
  }
}

function tokenLogin(
  settings: TokenLoginSettings,
  { credentials, database, now }: AuthenticationContext,
): Authentication {
  const login = settings.login(credentials)
  const table = database.table<number>(tokens)
  return {
    judge(authorization) {
      const token = /^Bearer (\S+)$/.exec(authorization ?? '')?.[1]
      const until = token === undefined ? undefined : table.get(contentHash(token))
      if (until === undefined) return 'bad'
      return until > now() ? 'good' : 'expired'
    },
    login: {
      path: login.path,
      issue(body) {
        if (!isDeepStrictEqual(body, login.body)) return null
        const token = randomText(64)
        // Only its hash is kept: the state file holds nothing that opens the account.
        database.transaction(() => table.put(contentHash(token), now() + durationMs(settings.life)))
        return token
      },
    },
    revokeTokens() {
      const issued = Object.keys(database.snapshot()[tokens] ?? {})
      database.transaction(() => issued.forEach((hash) => table.put(hash, 0)))
    },
  }
}

function equal(left: string, right: string): boolean {
  const [given, expected] = [Buffer.from(left), Buffer.from(right)]
  return given.length === expected.length && timingSafeEqual(given, expected)
}
