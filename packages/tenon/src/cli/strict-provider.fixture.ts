import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'

/** One request, as the provider's own ledger has it. */
export interface Seen {
  readonly at: number
  readonly path: string
  readonly status: number
}

/** A provider in the test's process, which refuses whatever is too much in any stretch, and wrote down all that came. */
export interface StrictProvider {
  readonly origin: string
  readonly ledger: readonly Seen[]
  /** From now on all answers have that status; `null`: as the limit says. */
  answer(status: number | null, headers?: Readonly<Record<string, string>>): void
  close(): void
}

/** Takes `requests` in any stretch of `perMs`, by its own clock, as each comes. */
export async function strictProvider({ requests = Infinity, perMs = 1000 } = {}): Promise<StrictProvider> {
  const ledger: Seen[] = []
  const taken: number[] = []
  let set: { readonly status: number; readonly headers: Readonly<Record<string, string>> } | null = null
  const server = createServer((request, response) => {
    const at = performance.now()
    while ((taken[0] ?? at) <= at - perMs) taken.shift()
    const isTooMuch = taken.length >= requests
    if (!isTooMuch) taken.push(at)
    const { status, headers } = set ?? { status: isTooMuch ? 429 : 200, headers: {} }
    ledger.push({ at, path: request.url ?? '', status })
    request.resume()
    response.writeHead(status, { 'content-type': 'application/json', ...headers }).end('{"ok":true}')
  })
  await new Promise<void>((resolve) => void server.listen(0, '127.0.0.1', resolve))
  return {
    origin: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    ledger,
    answer(status, headers = {}) {
      set = status === null ? null : { status, headers }
    },
    close() {
      server.closeAllConnections()
      server.close()
    },
  }
}
