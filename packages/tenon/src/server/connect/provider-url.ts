import { TenonError } from '../../base/errors.ts'

/**
 * The address that a person's browser is sent to. Only https: what a provider's description says could else be a script (`javascript:`) or another program's link
 * (AUT-06). A simulator's own origin is the exception. Throws `ADDRESS_REFUSED`, without the address.
 */
export function providerUrl(text: string, what: string, simulatedOrigin: string | null): string {
  const url = URL.canParse(text) ? new URL(text) : null
  const isPlain = url !== null && url.username === '' && url.password === ''
  const isHttps = url?.protocol === 'https:'
  const isSimulated = url !== null && /^https?:$/.test(url.protocol) && url.origin === simulatedOrigin
  if (isPlain && (isHttps || isSimulated)) return url.href
  throw new TenonError(
    'ADDRESS_REFUSED',
    `${what}: the provider's authorisation address is not an https address; check the endpoints of its connector`,
  )
}
