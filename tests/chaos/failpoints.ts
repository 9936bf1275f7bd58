// Loaded before the server (`--import`) in a campaign: ends the process with SIGKILL at one named point of its work, the given time it is passed.
// The points lie on the borders that Node itself reports (diagnostics_channel) or that its own modules form, so the product knows nothing of them.
import { subscribe } from 'node:diagnostics_channel'
import { ServerResponse } from 'node:http'
import { aroundCommits } from '../../bench/measure/commits.ts'

export type Failpoint = (typeof failpoints)[number]

export const failpoints = [
  /** A request is being read; nothing of it is stored. */
  'received',
  /** Written into the transaction, which is not committed. */
  'before-commit',
  /** Durable, but nobody has been told. */
  'after-commit',
  /** Durable, and the 2xx is about to leave. */
  'before-ack',
  /** The 2xx has left. */
  'after-ack',
  /** A call is about to leave. */
  'before-send',
  /** The whole request has left. */
  'after-send',
  /** The answer has begun to arrive; nothing of it is stored. */
  'answered',
] as const

const [wanted, count] = (process.env['CHAOS_FAILPOINT'] ?? '').split(':')
let left = Number(count)

function pass(name: Failpoint): void {
  if (name !== wanted) return
  left -= 1
  if (left <= 0) process.kill(process.pid, 'SIGKILL')
}

const onChannel: Readonly<Partial<Record<Failpoint, string>>> = {
  received: 'http.server.request.start',
  'after-ack': 'http.server.response.finish',
  'before-send': 'undici:request:create',
  'after-send': 'undici:request:bodySent',
  answered: 'undici:request:headers',
}

function beforeAcks(): void {
  const end = ServerResponse.prototype.end as (...rest: unknown[]) => ServerResponse
  ServerResponse.prototype.end = function (this: ServerResponse, ...rest: unknown[]) {
    if (this.req.method === 'POST' && this.statusCode < 300) pass('before-ack')
    return end.apply(this, rest)
  }
}

if (wanted !== undefined && wanted !== '') {
  const channel = onChannel[wanted as Failpoint]
  if (channel !== undefined) subscribe(channel, () => pass(wanted as Failpoint))
  else if (wanted === 'before-ack') beforeAcks()
  else aroundCommits({ before: () => pass('before-commit'), after: () => pass('after-commit') })
}
