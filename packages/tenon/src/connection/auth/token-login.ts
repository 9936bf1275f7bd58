import { durationMs } from '../../base/duration.ts'
import { TenonError } from '../../base/errors.ts'
import { Secret } from '../../base/secret.ts'
import type { TokenLoginSettings } from '../../definition/auth.ts'
import type { AnswerParts } from '../../definition/operation.ts'
import type { AuthScheme } from '../auth-scheme.ts'
import { applyBearer } from '../credentials.ts'

export const scheme: AuthScheme = {
  open({ settings, credentials, what, clock, send }) {
    const { life, login, token } = settings as TokenLoginSettings
    const lifeMs = durationMs(life, 'the life of the login token')
    return {
      apply: applyBearer,
      async obtain() {
        const revealed = Object.fromEntries(
          Object.entries(credentials).map(([name, secret]) => [name, secret.reveal()]),
        )
        const askedAt = clock.now()
        const answer = await send(login(revealed))
        if (answer.status < 200 || answer.status > 299) throw refusedLogin(answer, what)
        const text = token(answer.body)
        if (typeof text !== 'string' || !/^[\x21-\x7e]+$/.test(text)) {
          throw new TenonError(
            'CREDENTIALS_REFUSED',
            `the login of connection ${what} was answered with status ${answer.status}, but without a token`,
          )
        }
        return { access: new Secret(text), expiresAt: askedAt + lifeMs }
      },
    }
  },
}

function refusedLogin({ status }: AnswerParts, what: string): TenonError {
  const details = { status }
  const message = `the login of connection ${what} was answered with status ${status}`
  // Too many logins, or too slow a one, says nothing about the credentials.
  if (status >= 500 || status === 429 || status === 408) {
    return new TenonError('UPSTREAM_UNAVAILABLE', `${message}; it is tried again`, { details })
  }
  return new TenonError('CREDENTIALS_REFUSED', `${message}; check its credentials`, { details })
}
