import { isDeepStrictEqual } from 'node:util'
import { durationMs } from '../../base/duration.ts'
import { contentHash } from '../../base/ids.ts'
import { parseJson } from '../../base/json.ts'
import type { TokenLoginSettings } from '../../definition/auth.ts'
import { bearerTokenOf, type AuthenticationCheck } from '../authentication.ts'
import { Answer } from '../behaviour.ts'
import { answerTo } from '../spoken.ts'
import { randomText } from '../credentials.ts'

const tokens = '$tokens'

export const check: AuthenticationCheck = ({ connector, behaviour, simulation, credentials, database }) => {
  const settings = connector.options.auth.settings as TokenLoginSettings
  const login = settings.login(credentials)
  const table = database.table<number>(tokens)
  const wrong = (): Answer =>
    answerTo(
      { reason: 'unauthenticated', given: true, login: true, expired: false, authorization: '' },
      { behaviour, simulation },
    )
  return {
    judge(request) {
      const token = bearerTokenOf(request)
      const until = token === undefined ? undefined : table.get(contentHash(token))
      if (until === undefined) return { is: 'bad' }
      return { is: until > simulation.now() ? 'good' : 'expired' }
    },
    endpoints: [
      {
        name: 'login',
        // Like an operation's, below the base URL.
        path: new URL(connector.options.baseUrl).pathname.replace(/\/$/, '') + login.path,
        methods: ['POST'],
        played: { 'credentials-revoked': wrong },
        answer({ body }) {
          const given = parseJson(new TextDecoder('utf-8', { fatal: true }).decode(body))
          if (!isDeepStrictEqual(given, login.body)) return wrong()
          const token = randomText(64)
          // Only its hash is kept: the state file holds nothing that opens the account.
          database.transaction(() => table.put(contentHash(token), simulation.now() + durationMs(settings.life)))
          return new Answer(200, behaviour.loggedIn?.(token, simulation) ?? { token })
        },
      },
    ],
    revokeTokens() {
      const issued = Object.keys(database.snapshot()[tokens] ?? {})
      database.transaction(() => issued.forEach((hash) => table.put(hash, 0)))
    },
  }
}
