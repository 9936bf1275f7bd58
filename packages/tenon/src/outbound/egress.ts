import { lookup as systemLookup } from 'node:dns/promises'
import { isIP, type LookupFunction, type Socket } from 'node:net'
import type { SecureContext } from 'node:tls'
import { buildConnector } from 'undici'
import { TenonError } from '../base/errors.ts'
import { isGlobalAddress } from './address.ts'

interface ResolvedAddress {
  readonly address: string
  readonly family: number
}

/** All addresses of a name. */
export type Lookup = (hostname: string) => Promise<readonly ResolvedAddress[]>

export const lookupAll: Lookup = (hostname) => systemLookup(hostname, { all: true })

export interface ConnectOptions {
  /** True for an origin that was allowed by name: its addresses are not judged. */
  readonly isExempt: boolean
  readonly timeoutMs: number
  readonly lookup?: Lookup
  /** Own certificate and own authorities, where there are any. */
  readonly secureContext?: SecureContext
}

/** Opens one socket, and returns it while it is still connecting. */
export type Connect = (target: buildConnector.Options, done: buildConnector.Callback) => Socket | null

/** The one way out: opens sockets to global addresses only. What was checked is what is connected to, for the check is the look-up. */
export function guardedConnect(options: ConnectOptions): Connect {
  const connect = buildConnector({
    timeout: options.timeoutMs,
    allowH2: false,
    ...(options.secureContext === undefined ? {} : { secureContext: options.secureContext }),
    ...(options.isExempt ? {} : { lookup: guardedLookup(options.lookup ?? lookupAll) }),
  }) as unknown as (...args: Parameters<Connect>) => Socket
  return (target, done) => {
    // Node asks no look-up about an address literal.
    if (!options.isExempt && isIP(target.hostname) !== 0 && !isGlobalAddress(target.hostname)) {
      queueMicrotask(() => done(addressRefused(target.hostname), null))
      return null
    }
    const opening = connect(target, (...result) => {
      const [error, socket] = result
      if (error !== null || options.isExempt || isGlobalAddress(socket.remoteAddress ?? '')) return done(...result)
      socket.destroy()
      done(addressRefused(target.hostname), null)
    })
    if (target.protocol === 'https:') endByError(opening)
    return opening
  }
}

/** A server's verdict on our certificate comes after the handshake and leaves the socket open; what closes it then, the end, would be told in its place. */
function endByError(socket: Socket): void {
  socket.once('error', (error) => socket.destroy(error))
}

/** A look-up whose answer has been judged. */
export function guardedLookup(lookup: Lookup): LookupFunction {
  return (hostname, { all }, done) => {
    lookup(hostname).then(
      (addresses) => {
        const error = refusal(hostname, addresses)
        if (error !== null) done(error, '')
        else if (all === true) done(null, [...addresses])
        else done(null, addresses[0]?.address ?? '', addresses[0]?.family)
      },
      (error: unknown) => done(error as NodeJS.ErrnoException, ''),
    )
  }
}

/** One bad record refuses the name: its owner controls which one is used. */
function refusal(hostname: string, addresses: readonly ResolvedAddress[]): Error | null {
  if (addresses.length === 0) return Object.assign(new Error(`${hostname} has no address`), { code: 'ENOTFOUND' })
  return addresses.every(({ address }) => isGlobalAddress(address)) ? null : addressRefused(hostname)
}

export function addressRefused(hostname: string): TenonError {
  return new TenonError(
    'ADDRESS_REFUSED',
    `${hostname} is not, or leads to an address that is not, on the public Internet; only such may be called. The origin of a connection inside a network, or of its token endpoint, is allowed by TENON_ALLOW_ORIGINS.`,
    { details: { fate: 'not-sent', host: hostname } },
  )
}
