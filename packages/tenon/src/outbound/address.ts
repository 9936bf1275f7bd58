import { isIP } from 'node:net'
import ipaddr from 'ipaddr.js'

// Beyond what ipaddr.js knows. Azure's WireServer answers inside every machine there, though its address looks public.
const specialV4 = ['168.63.129.16/32'].map((block) => ipaddr.IPv4.parseCIDR(block))

const globalV6 = ipaddr.IPv6.parseCIDR('2000::/3')
const specialV6 = [
  // All protocol assignments (Teredo, benchmarking, ORCHID ...), also those still to come.
  '2001::/23',
  '2001:db8::/32',
  '2002::/16',
  '3fff::/20',
].map((block) => ipaddr.IPv6.parseCIDR(block))

/** Is it the address of a host on the public Internet? What is not known to be so is not. */
export function isGlobalAddress(address: string): boolean {
  switch (isIP(address)) {
    case 4:
      return isGlobalV4(ipaddr.IPv4.parse(address))
    case 6:
      return !address.includes('%') && isGlobalV6(ipaddr.IPv6.parse(address))
    default:
      return false
  }
}

function isGlobalV4(address: ipaddr.IPv4): boolean {
  return address.range() === 'unicast' && !specialV4.some((block) => address.match(block))
}

/** IPv4 in IPv6 clothes (mapped, translated, 6to4) is refused as a whole: it may lead anywhere. */
function isGlobalV6(address: ipaddr.IPv6): boolean {
  return address.match(globalV6) && address.range() === 'unicast' && !specialV6.some((block) => address.match(block))
}
