import type { Socket } from 'node:net'
import { Pool, type Dispatcher } from 'undici'
import { guardedConnect, type ConnectOptions } from './egress.ts'

const socketsPerOrigin = 128
const maxHeaderBytes = 32 * 1024

/** Marks requests that lost their place because the one before them gave up while connecting. */
export const abandoned: Error = new Error('nobody waits for this connection any more')

/** The keep-alive sockets to one origin, and who waits for one. */
export class OriginPool {
  readonly #pool: Pool
  readonly #connecting = new Set<Socket>()
  #waiting = 0

  constructor(origin: string, options: ConnectOptions) {
    const connect = guardedConnect(options)
    this.#pool = new Pool(origin, {
      connections: socketsPerOrigin,
      pipelining: 1,
      allowH2: false,
      maxHeaderSize: maxHeaderBytes,
      // The deadline of each request covers headers and body.
      headersTimeout: 0,
      bodyTimeout: 0,
      connect: (target, done) => {
        const socket = connect(target, (...result) => {
          if (socket !== null) this.#connecting.delete(socket)
          done(...result)
        })
        if (socket !== null) this.#connecting.add(socket)
      },
    })
  }

  dispatch(request: Dispatcher.DispatchOptions, handler: Dispatcher.DispatchHandler): void {
    this.#waiting += 1
    this.#pool.dispatch(request, handler)
  }

  /** A request got its socket. */
  started(): void {
    this.#waiting -= 1
  }

  /** A request stopped waiting for a socket. With nobody left, none is opened any further. */
  gaveUp(): void {
    this.#waiting -= 1
    if (this.#waiting > 0) return
    for (const socket of this.#connecting) socket.destroy(abandoned)
    this.#connecting.clear()
  }

  destroy(): Promise<void> {
    return this.#pool.destroy()
  }
}
