import { TenonError } from '../base/errors.ts'
import { requireOrigin } from '../outbound/origin.ts'

/** `TENON_ALLOW_ORIGINS`: origins that connections may have, or ask for tokens at, although their addresses are not public, each exactly as it is. Throws `INPUT_INVALID`. */
export function allowedOriginsOf(environment: Readonly<Record<string, string | undefined>>): readonly string[] {
  return (environment['TENON_ALLOW_ORIGINS'] ?? '')
    .split(/[\s,]+/)
    .filter((text) => text !== '')
    .map(allowed)
}

function allowed(text: string): string {
  try {
    if (text.includes('*')) throw new Error('a pattern')
    return requireOrigin(text)
  } catch (error) {
    throw new TenonError(
      'INPUT_INVALID',
      'TENON_ALLOW_ORIGINS holds something that is no origin. Write scheme, host and port, without a path, separated by commas, such as http://10.0.0.7:8080',
      { cause: error },
    )
  }
}
