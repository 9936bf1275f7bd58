import { once } from 'node:events'
import { connect, createServer, type Socket } from 'node:net'

/** The network between a node and its database. */
export interface Proxy {
  readonly port: number
  /** Ends all connections, and refuses new ones. */
  cut(): void
  /** Connections stay, new ones are taken, and nothing comes through. */
  blackhole(): void
  /** Everything comes later by so much, each way. */
  delay(ms: number): void
  /** From here on all is well; what a black hole held comes through. */
  heal(): void
  close(): Promise<void>
}

/** A target that may move is asked for at each connection. */
export async function startProxy(target: number | (() => number)): Promise<Proxy> {
  let state: 'open' | 'cut' | 'blackhole' = 'open'
  let delayMs = 0
  const sockets = new Set<Socket>()
  const held: (() => void)[] = []

  function pass(from: Socket, to: Socket): void {
    const later = (act: () => void): void => {
      if (state === 'blackhole') held.push(() => later(act))
      else if (delayMs > 0) setTimeout(act, delayMs)
      else act()
    }
    from.on('data', (bytes) => later(() => to.write(bytes)))
    from.on('close', () => later(() => to.destroy()))
    from.on('error', () => undefined)
  }

  const server = createServer((client) => {
    if (state === 'cut') {
      client.destroy()
      return
    }
    const upstream = connect(typeof target === 'number' ? target : target(), '127.0.0.1')
    for (const socket of [client, upstream]) {
      sockets.add(socket)
      socket.setNoDelay(true).on('close', () => sockets.delete(socket))
    }
    pass(client, upstream)
    pass(upstream, client)
  }).listen(0, '127.0.0.1')
  await once(server, 'listening')

  return {
    port: (server.address() as { port: number }).port,
    cut() {
      state = 'cut'
      for (const socket of sockets) socket.destroy()
    },
    blackhole() {
      state = 'blackhole'
    },
    delay(ms) {
      delayMs = ms
    },
    heal() {
      state = 'open'
      delayMs = 0
      for (const act of held.splice(0)) act()
    },
    async close() {
      for (const socket of sockets) socket.destroy()
      server.close()
      await once(server, 'close')
    },
  }
}
