import { connect as connectTcp, isIP, type Socket, type TcpNetConnectOpts } from 'node:net'
import { connect as connectTls } from 'node:tls'
import type { Clock } from '../base/clock.ts'
import type { TenonError } from '../base/errors.ts'
import { isGlobalAddress } from './address.ts'
import { addressRefused, guardedLookup, lookupAll, type Lookup } from './egress.ts'
import { givenUp, lost, timedOut } from './failure.ts'
import { requireAllowable, socketOrigin } from './origin.ts'
import { secureContextOf, type TlsOptions } from './tls.ts'

export interface DoorOptions {
  /** A plain name or address. */
  readonly host: string
  readonly port: number
  /** `null` for a socket without TLS. */
  readonly tls: TlsOptions | null
  readonly clock: Clock
  /** Limit for look-up, connecting and handshake together. */
  readonly timeoutMs: number
  readonly signal?: AbortSignal
  /** Exact `tcp://host:port` and `tls://host:port` that may be reached although their addresses are not public. */
  readonly allowedOrigins?: readonly string[]
  readonly lookup?: Lookup
}

/**
 * The door for protocols other than HTTP: a socket to a public address, of its caller alone. What is said over it, for how long and how much, its caller limits.
 * Rejects with `ADDRESS_REFUSED`, `TLS_FAILED`, `CREDENTIALS_REFUSED`, `UPSTREAM_UNAVAILABLE` or `TIMEOUT`; nothing was sent then.
 */
export async function connect(options: DoorOptions): Promise<Socket> {
  const { host, port, tls, clock, timeoutMs, signal } = options
  const origin = socketOrigin(tls === null ? 'tcp' : 'tls', host, port)
  const isExempt = (options.allowedOrigins ?? []).map(requireAllowable).includes(origin)
  const address = host.replace(/^\[(.*)\]$/, '$1')
  if (!isExempt && isIP(address) !== 0 && !isGlobalAddress(address)) throw addressRefused(address)
  if (signal?.aborted === true) throw givenUp('not-sent', signal.reason)
  const judged = isExempt ? {} : { lookup: guardedLookup(options.lookup ?? lookupAll) }
  const socket = open({ host: address, port, ...judged }, tls)
  return new Promise((resolve, reject) => {
    const fail = (error: TenonError): void => {
      end()
      socket.destroy()
      reject(error)
    }
    const onAbort = (): void => fail(givenUp('not-sent', signal?.reason))
    const onError = (error: Error): void => fail(lost(error, true, origin))
    const onReady = (): void => {
      // What was judged is the look-up's answer; this is what is connected to.
      if (!isExempt && !isGlobalAddress(socket.remoteAddress ?? '')) return fail(addressRefused(host))
      end()
      resolve(socket)
    }
    const cancel = clock.after(timeoutMs, () => fail(timedOut('connect', timeoutMs)))
    function end(): void {
      cancel()
      signal?.removeEventListener('abort', onAbort)
      socket.off('error', onError).on('error', () => undefined)
    }
    signal?.addEventListener('abort', onAbort, { once: true })
    socket.on('error', onError).once(tls === null ? 'connect' : 'secureConnect', onReady)
  })
}

function open(target: TcpNetConnectOpts, tls: TlsOptions | null): Socket {
  if (tls === null) return connectTcp(target)
  const { host = '' } = target
  // A name is needed for the certificate to be judged by, and an address cannot be asked for by name (RFC 6066 §3).
  const name = isIP(host) === 0 ? { servername: host } : {}
  return connectTls({ ...target, ...name, secureContext: secureContextOf(tls) })
}
