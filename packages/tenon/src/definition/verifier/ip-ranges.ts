import { rangesOf } from '../ip-range.ts'
import { invalid, type Verifier } from '../verifier.ts'

/** Sent from one of these ranges. An address proves little by itself: join it to a secret by `everyOf` where the provider has one. Throws `INPUT_INVALID` for what is no range. */
export function ipRanges(ranges: readonly string[]): Verifier {
  const contains = rangesOf(ranges)
  return {
    describe: `sent from ${ranges.join(', ')}`,
    field: null,
    verify({ remoteAddress }) {
      if (!contains(remoteAddress)) throw invalid("the sender's address is not one of the provider's")
    },
    sign: () => ({}),
  }
}
