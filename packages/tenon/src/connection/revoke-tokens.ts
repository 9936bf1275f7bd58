import { messageOf, TenonError } from '../base/errors.ts'
import type { Tokens } from './auth-scheme.ts'
import { groundOf } from './ground.ts'
import type { KeepingOptions, StoredEntry } from './stored-connections.ts'

/** Takes tokens back at the provider. False where it does not offer that, or could not be reached: that keeps nothing from being forgotten here. */
export async function revokeTokens(
  { which, connection }: StoredEntry,
  tokens: Tokens,
  options: KeepingOptions,
): Promise<boolean> {
  if (TenonError.is(connection)) return false
  const ground = await groundOf(connection, options)
  try {
    const authenticator = ground.scheme.open(ground.context)
    if (!('obtain' in authenticator) || authenticator.revoke === undefined) return false
    await authenticator.revoke(tokens)
    return true
  } catch (error) {
    options.log.warn('connection.unrevoked', {
      connection: `${which.connector}/${which.name}`,
      reason: messageOf(error),
    })
    return false
  } finally {
    await ground.close()
  }
}
