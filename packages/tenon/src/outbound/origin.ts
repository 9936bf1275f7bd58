import { TenonError } from '../base/errors.ts'

/** The origin itself when it is exactly one (scheme, host, port), else `ADDRESS_REFUSED`. */
export function requireOrigin(origin: string): string {
  const url = URL.canParse(origin) ? new URL(origin) : null
  if (url !== null && url.origin === origin && (url.protocol === 'https:' || url.protocol === 'http:')) return origin
  throw refused('only an http or https origin, such as https://api.example.com, may be called')
}

/** A whole address of http or https, without a user name in it; else `ADDRESS_REFUSED`. */
export function requireUrl(text: string): URL {
  const url = URL.canParse(text) ? new URL(text) : null
  if (url === null || url.username !== '' || url.password !== '')
    throw refused('only a whole http or https address without a user name may be called')
  requireOrigin(`${url.protocol}//${url.host}`)
  return url
}

/** Of a connection that speaks another protocol: `tcp://host:port` or `tls://host:port`. Throws `ADDRESS_REFUSED` for a host in an odd spelling. */
export function socketOrigin(scheme: 'tcp' | 'tls', host: string, port: number): string {
  // As a host of http is read, so that every spelling of an address is found out.
  const text = `http://${host}:${port}`
  const plain = URL.canParse(text) ? new URL(text) : null
  const isPlain = plain?.hostname === host && !host.endsWith('.') && Number.isInteger(port) && port > 0
  if (isPlain) return `${scheme}://${host}:${port}`
  throw refused(
    'a host is a plain name or address, such as mqtt.example.com, in lower case, with a port from 1 to 65535',
  )
}

/** An exact origin that the operator may allow: of http, https, tcp or tls. Throws `ADDRESS_REFUSED`. */
export function requireAllowable(origin: string): string {
  const [, scheme, host, port] = /^(tcp|tls):\/\/(.+):(\d{1,5})$/.exec(origin) ?? []
  if (scheme === undefined) return requireOrigin(origin)
  return socketOrigin(scheme as 'tcp' | 'tls', host ?? '', Number(port))
}

function refused(message: string): TenonError {
  return new TenonError('ADDRESS_REFUSED', message, { details: { fate: 'not-sent' } })
}
