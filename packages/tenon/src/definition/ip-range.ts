import ipaddr from 'ipaddr.js'
import { TenonError } from '../base/errors.ts'

type Address = ipaddr.IPv4 | ipaddr.IPv6

/** Whether an address lies in one of these ranges (`192.0.2.0/24`, `2001:db8::/32`, or one address): by its bits, never as text. Throws `INPUT_INVALID` for what is no range. */
export function rangesOf(texts: readonly string[]): (address: string | undefined) => boolean {
  const ranges = texts.map(rangeOf)
  return (address) => {
    const parsed = address === undefined ? null : addressOf(address)
    if (parsed === null) return false
    return ranges.some(([base, bits]) => base.kind() === parsed.kind() && parsed.match(base, bits))
  }
}

/** IPv4 in IPv6 clothes (`::ffff:192.0.2.1`, as a socket for both tells it) is IPv4; `null` for what is no address. */
export function addressOf(text: string): Address | null {
  // Other spellings with dots in IPv6 are read in more than one way.
  const isV6 = ipaddr.IPv6.isValid(text) && (!text.includes('.') || /^::ffff:/i.test(text))
  if (!isV6 && !ipaddr.IPv4.isValidFourPartDecimal(text)) return null
  return ipaddr.process(text)
}

function rangeOf(text: string): readonly [Address, number] {
  const [address = '', bits, ...more] = text.split('/')
  const parsed = addressOf(address)
  const most = parsed?.kind() === 'ipv4' ? 32 : 128
  const length = bits === undefined ? most : /^\d{1,3}$/.test(bits) ? Number(bits) : Number.NaN
  if (parsed === null || more.length > 0 || !(length <= most))
    throw new TenonError(
      'INPUT_INVALID',
      `${JSON.stringify(text)} is no range of addresses; expected one such as 192.0.2.0/24 or 2001:db8::/32`,
    )
  return [parsed, length]
}
