import { TenonError } from '../../base/errors.ts'
import type { Verifier } from '../verifier.ts'

/** All of them must agree; one of them may have a secret. Throws `APP_INVALID` for two that have, and for one that verifies nothing. */
export function everyOf(...verifiers: readonly Verifier[]): Verifier {
  const fields = verifiers.flatMap(({ field }) => (field === null ? [] : [field]))
  if (fields.length > 1 || verifiers.length === 0 || verifiers.some(({ isUnverified }) => isUnverified === true))
    throw new TenonError(
      'APP_INVALID',
      `everyOf: expected verifiers of which at most one has a secret; found ${fields.length === 0 ? 'none, or one that is unverified' : fields.join(', ')}`,
    )
  return {
    describe: verifiers.map(({ describe }) => describe).join(', and '),
    field: fields[0] ?? null,
    verify(request, secrets, nowMs, outside) {
      const waiting: Promise<void>[] = []
      for (const { verify } of verifiers) {
        const verifying = verify(request, secrets, nowMs, outside)
        if (verifying !== undefined) waiting.push(verifying)
      }
      return waiting.length === 0 ? undefined : Promise.all(waiting).then(() => undefined)
    },
    sign: (body, secret, nowMs, target) =>
      Object.assign({}, ...verifiers.map(({ sign }) => sign(body, secret, nowMs, target))) as Record<string, string>,
  }
}
