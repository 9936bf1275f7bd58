import { TenonError } from '../../base/errors.ts'
import type { RawRequest, Verifier, VerifierOutside } from '../verifier.ts'

export const postOf = (body: string | Uint8Array, more: Partial<RawRequest> = {}): RawRequest => ({
  method: 'POST',
  headers: {},
  query: {},
  body: typeof body === 'string' ? Buffer.from(body) : body,
  ...more,
})

/** `taken`, or the code of the refusal. */
export async function verdict(
  { verify }: Verifier,
  request: RawRequest,
  {
    secrets = [],
    nowMs = 0,
    outside,
  }: { readonly secrets?: readonly string[]; readonly nowMs?: number; readonly outside?: VerifierOutside } = {},
): Promise<string> {
  try {
    await verify(request, secrets, nowMs, outside)
    return 'taken'
  } catch (error) {
    return TenonError.is(error) ? error.code : String(error)
  }
}
