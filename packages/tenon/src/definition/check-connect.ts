import type { ConnectOptions } from './app.ts'
import { isObject, shown, type Report } from './problem.ts'

/** What a person is sent back to, and what the app brings itself: both are decided here, never by a request. */
export function checkConnect(connect: ConnectOptions | undefined, report: Report): void {
  for (const origin of connect?.returnTo ?? []) {
    if (isReturnOrigin(origin)) continue
    report(
      `returnTo holds ${shown(origin)}, which is not an origin`,
      "Write scheme and host only, such as 'https://shop.example.com'; http is for localhost and 127.0.0.1.",
    )
  }
  for (const [connector, fields] of Object.entries(connect?.clients ?? {})) {
    for (const [field, source] of Object.entries(fields)) {
      if (isObject(source) && source['kind'] === 'from-environment') continue
      report(
        `clients.${connector}.${field} is not taken from the environment`,
        `Write ${connector}: { ${field}: fromEnvironment('NAME') }; a secret never stands in code.`,
      )
    }
  }
}

function isReturnOrigin(origin: unknown): boolean {
  if (typeof origin !== 'string' || !URL.canParse(origin)) return false
  const url = new URL(origin)
  const isLocal = ['localhost', '127.0.0.1', '[::1]'].includes(url.hostname)
  return url.origin === origin && (url.protocol === 'https:' || (url.protocol === 'http:' && isLocal))
}
