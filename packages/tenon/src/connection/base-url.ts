import { TenonError } from '../base/errors.ts'

/** Where a connection's requests go: nothing leads out of it. */
export interface BaseUrl {
  readonly origin: string
  /** Without a slash at its end; empty for the root. */
  readonly path: string
}

/** The parts of a base URL. Throws `APP_INVALID` for one that is not plain `http(s)://host[:port][/path]`. */
export function parseBaseUrl(text: string, what: string): BaseUrl {
  const url = URL.canParse(text) ? new URL(text) : null
  if (url === null || (url.protocol !== 'https:' && url.protocol !== 'http:')) {
    throw new TenonError(
      'APP_INVALID',
      `${what}: the base URL is not an http or https address, such as https://api.example.com/v1`,
    )
  }
  // A user name or a query may hold a secret, and would go into every log line with an address.
  if (url.username !== '' || url.password !== '' || url.search !== '' || url.hash !== '') {
    throw new TenonError(
      'APP_INVALID',
      `${what}: the base URL may have no user name, query or fragment; credentials belong to the connection`,
    )
  }
  return { origin: url.origin, path: url.pathname.replace(/\/+$/, '') }
}
