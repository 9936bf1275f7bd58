import { TenonError } from '../base/errors.ts'
import { Secret } from '../base/secret.ts'

const form = /^[\w.~+/=-]{32,512}$/

/** The operator token that the environment brings, for servers that share one; `null` for none. Throws `INPUT_INVALID` for one that could be guessed. */
export function operatorTokenOf(environment: Readonly<Record<string, string | undefined>>): Secret | null {
  const text = environment['TENON_OPERATOR_TOKEN'] ?? ''
  if (text === '') return null
  if (form.test(text)) return new Secret(text)
  throw new TenonError(
    'INPUT_INVALID',
    'TENON_OPERATOR_TOKEN is not a token: it needs 32 to 512 letters, digits or any of . _ ~ + / = -. Make one with: openssl rand -hex 32',
  )
}
