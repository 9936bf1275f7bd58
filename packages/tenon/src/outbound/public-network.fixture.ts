import { Socket } from 'node:net'
import { isGlobalAddress } from './address.ts'

/** What a socket does at the system, where this fixture stands. */
interface Handle {
  connect(request: unknown, address: string, port: number): number
  connect6(request: unknown, address: string, port: number): number
  getpeername(out: object): number
}

/** The Internet, on this machine: what connects to a public address gets to the port that stands for it, and believes itself there. */
export interface PublicNetwork {
  /** Every address that a socket tried to connect to, public or not. */
  readonly attempts: string[]
  /** Public addresses at which nobody listens. */
  readonly silent: Set<string>
  close(): void
}

export function openPublicNetwork(port: number): PublicNetwork {
  const network = { attempts: [] as string[], silent: new Set<string>() }
  const connect = Socket.prototype.connect

  function route(socket: Socket, address: string): void {
    network.attempts.push(address)
    if (!isGlobalAddress(address)) return
    const handle = (socket as unknown as { _handle: Handle })._handle
    const proto = Object.getPrototypeOf(handle) as Handle
    // A port that was never opened refuses at once.
    const to = network.silent.has(address) ? 1 : port
    handle.connect = handle.connect6 = (request) => proto.connect.call(handle, request, '127.0.0.1', to)
    handle.getpeername = (out) => {
      Object.assign(out, { address, port, family: address.includes(':') ? 'IPv6' : 'IPv4' })
      return 0
    }
  }

  Socket.prototype.connect = function connectRouted(this: Socket, ...args: Parameters<typeof connect>) {
    this.on('connectionAttempt', (address: string) => route(this, address))
    return connect.apply(this, args)
  } as typeof connect
  return {
    ...network,
    close: () => {
      Socket.prototype.connect = connect
    },
  }
}
