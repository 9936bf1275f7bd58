import { failedWith, type RawAnswer, type SendRequest } from './outbound.ts'
import { requireUrl } from './origin.ts'

export interface Hops {
  /** Redirects that are followed at most. */
  readonly most: number
  /** Whether a request that is not only a read may be sent once more (307, 308). */
  readonly mayRepeat: boolean
  /** Sends to the connection's own origin, with what authenticates it. */
  own(request: SendRequest): Promise<RawAnswer>
  /** Sends through the same guard, with nothing added. */
  foreign(request: SendRequest): Promise<RawAnswer>
}

/** What goes to an origin that the connection was not made for: nothing that could be a secret. */
const harmless = new Set(['accept', 'accept-encoding', 'accept-language', 'user-agent'])

/**
 * Sends, and follows redirects (RFC 9110 §15.4). Every hop passes the guard anew. Once outside of the connection's origin nothing authenticates a request any
 * more, not even back there: who redirects would choose what the credentials are used for. An answer that redirects where nothing may follow is returned.
 */
export async function following(first: SendRequest, hops: Hops): Promise<RawAnswer> {
  const seen = new Set([first.origin + first.path])
  let request = first
  let answer = await hops.own(request)
  for (;;) {
    const next = nextOf(request, answer, hops.mayRepeat)
    if (next === null) return answer
    const where = next.origin + next.path
    if (seen.has(where)) throw refused(first, 'redirects in a circle')
    if (seen.size > hops.most) throw refused(first, `redirects more than ${hops.most} times`)
    seen.add(where)
    request = next
    const isOwn = [...seen].every((one) => new URL(one).origin === first.origin)
    answer = await (isOwn ? hops.own(request) : hops.foreign(bare(request)))
  }
}

/** The request that an answer asks for, `null` where it asks for none that may be sent. */
function nextOf(request: SendRequest, { status, headers }: RawAnswer, mayRepeat: boolean): SendRequest | null {
  const { location } = headers
  if (![301, 302, 303, 307, 308].includes(status) || typeof location !== 'string') return null
  const isRead = request.method === 'GET' || request.method === 'HEAD'
  if (!isRead && !(mayRepeat && status >= 307)) return null
  const base = request.origin + request.path
  if (!URL.canParse(location, base)) return null
  const url = requireUrl(new URL(location, base).href)
  if (request.origin.startsWith('https:') && url.protocol !== 'https:')
    throw refused(request, `redirects from https to ${url.protocol.slice(0, -1)}`)
  if (!isRead && url.origin !== request.origin)
    throw refused(request, `redirects what changes something to another origin, ${url.origin}`)
  return { ...request, origin: url.origin, path: url.pathname + url.search }
}

function bare(request: SendRequest): SendRequest {
  const headers = request.headers.flatMap((part, index) =>
    index % 2 === 0 && harmless.has(part) ? [part, request.headers[index + 1] ?? ''] : [],
  )
  return { ...request, headers }
}

function refused({ origin }: SendRequest, found: string): Error {
  return failedWith(
    'answered',
    'ADDRESS_REFUSED',
    `${origin} ${found}, which is not followed; look at the address of the connection`,
  )
}
