import { messageOf, TenonError } from '../base/errors.ts'
import type { Tokens } from './auth-scheme.ts'
import { openGround } from './ground.ts'
import type { KeepingOptions, StoredEntry } from './stored-connections.ts'

/** Takes tokens back at the provider. False where it does not offer that, or could not be reached: that keeps nothing from being forgotten here. */
export async function revokeTokens(
  { which, connector, connection }: StoredEntry,
  tokens: Tokens,
  { clock, log, onSecret }: Pick<KeepingOptions, 'clock' | 'log' | 'onSecret'>,
): Promise<boolean> {
  if (TenonError.is(connection)) return false
  const { baseUrl, simulated, credentials } = connection
  const fields = Object.fromEntries(Object.entries(credentials).map(([field, secret]) => [field, secret.reveal()]))
  const ground = await openGround({ ...which, connector, baseUrl, fields, simulated, clock, onSecret })
  try {
    const authenticator = ground.scheme.open(ground.context)
    if (!('obtain' in authenticator) || authenticator.revoke === undefined) return false
    await authenticator.revoke(tokens)
    return true
  } catch (error) {
    log.warn('connection.unrevoked', { connection: `${which.connector}/${which.name}`, reason: messageOf(error) })
    return false
  } finally {
    await ground.close()
  }
}
