import undici from 'undici/package.json' with { type: 'json' }
import { TenonError } from '../base/errors.ts'

/**
 * Since 8.5 a pool asks its own `connect` for every socket, also after failures, and holds no socket for another origin (CVE-2026-6734, CVE-2026-9678): the guard stands on it.
 * The next major may hand sockets out in another way.
 */
const oldest = [8, 5] as const

/** Throws `APP_INVALID` where another undici than ours is installed, as an `overrides` of the project can bring about, and the guard may not hold. */
export function requireUndici(version: string = undici.version): void {
  const [major = 0, minor = 0] = version.split('.').map(Number)
  if (major === oldest[0] && minor >= oldest[1]) return
  throw new TenonError(
    'APP_INVALID',
    `undici ${version} is installed, and the guard of outgoing calls is proved with ${oldest.join('.')} and newer of ${oldest[0]} only; look with npm ls undici which override or package brings it`,
  )
}
