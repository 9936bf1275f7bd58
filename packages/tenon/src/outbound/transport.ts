import type { Clock } from '../base/clock.ts'
import type { Lookup } from './egress.ts'
import { Exchange } from './exchange.ts'
import { requireAllowable, requireOrigin } from './origin.ts'
import { OriginPool } from './origin-pool.ts'
import { failedWith, type Transport } from './outbound.ts'
import { secureContextOf, type TlsOptions } from './tls.ts'
import { requireUndici } from './undici-version.ts'

const connectTimeoutMs = 10_000

export interface TransportOptions {
  readonly clock: Clock
  /** Exact origins, of simulators and those the operator allows, that may be called although their addresses are not public. */
  readonly allowedOrigins?: readonly string[]
  readonly lookup?: Lookup
  readonly tls?: TlsOptions
}

/** Sockets are shared by what uses one transport, and by nothing else: each connection has its own. Throws `CREDENTIALS_REFUSED` for a certificate that cannot be used, `APP_INVALID` for an undici that the guard does not hold with. */
export function createTransport(options: TransportOptions): Transport {
  requireUndici()
  const allowed = new Set((options.allowedOrigins ?? []).map(requireAllowable))
  const secureContext = options.tls === undefined ? undefined : secureContextOf(options.tls)
  const pools = new Map<string, OriginPool>()
  let isClosed = false

  function open(origin: string): OriginPool {
    const pool = new OriginPool(requireOrigin(origin), {
      isExempt: allowed.has(origin),
      timeoutMs: connectTimeoutMs,
      ...(options.lookup === undefined ? {} : { lookup: options.lookup }),
      ...(secureContext === undefined ? {} : { secureContext }),
    })
    pools.set(origin, pool)
    return pool
  }

  return {
    send: (request) =>
      new Promise((resolve, reject) => {
        if (isClosed) throw failedWith('not-sent', 'DRAINING', 'the transport is closed')
        const pool = pools.get(request.origin) ?? open(request.origin)
        new Exchange(request, pool, options.clock, { resolve, reject }).begin()
      }),
    async close() {
      isClosed = true
      await Promise.all([...pools.values()].map((pool) => pool.destroy()))
    },
  }
}
