import { connect, createServer, type Server, type Socket } from 'node:net'
import type { Clock } from '../base/clock.ts'
import { listenError } from './listen-error.ts'

/** Holds a port while the servers behind it come and go: what arrives in between waits for the next one. */
export interface FrontDoor {
  readonly url: string
  readonly port: number
  /** From now on connections go to this port of 127.0.0.1, those that were held first. */
  open(port: number): void
  /** New connections wait, each for at most `holdMs`; then they are answered 503 with `Retry-After`. */
  hold(): void
  /** There is nothing to wait for: they are answered 503 at once, and those held, too. */
  shut(): void
  close(): Promise<void>
}

export interface FrontDoorOptions {
  readonly host: string
  /** 0 takes any free one. */
  readonly port: number
  readonly clock: Clock
  readonly holdMs: number
}

const mostHeld = 500

/** Rejects with `PORT_TAKEN`. */
export async function openFrontDoor({ host, port, clock, holdMs }: FrontDoorOptions): Promise<FrontDoor> {
  let state: 'open' | 'holding' | 'shut' = 'shut'
  let target = 0
  const held = new Map<Socket, () => void>()
  const all = new Set<Socket>()

  function arrive(socket: Socket): void {
    all.add(socket)
    socket.on('close', () => {
      all.delete(socket)
      release(socket)
    })
    // One end may break at any moment; the other then ends, too.
    socket.on('error', () => socket.destroy())
    if (state === 'open') join(socket, target)
    else if (state === 'shut' || held.size >= mostHeld) refuse(socket, clock)
    else
      held.set(
        socket,
        clock.after(holdMs, () => {
          release(socket)
          refuse(socket, clock)
        }),
      )
  }

  function release(socket: Socket): void {
    held.get(socket)?.()
    held.delete(socket)
  }

  function releaseAll(next: (socket: Socket) => void): void {
    for (const socket of held.keys()) {
      release(socket)
      next(socket)
    }
  }

  const server = createServer({ pauseOnConnect: true, allowHalfOpen: true }, arrive)
  await listen(server, host, port)
  const { port: given } = server.address() as { port: number }
  return {
    port: given,
    url: `http://${host}:${given}`,
    open(to) {
      target = to
      state = 'open'
      releaseAll((socket) => join(socket, to))
    },
    hold: () => void (state = 'holding'),
    shut() {
      state = 'shut'
      releaseAll((socket) => refuse(socket, clock))
    },
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve())
        for (const socket of all) socket.destroy()
      }),
  }
}

function join(socket: Socket, port: number): void {
  const behind = connect({ host: '127.0.0.1', port, allowHalfOpen: true })
  behind.on('error', () => socket.destroy())
  behind.on('close', () => socket.destroy())
  socket.on('close', () => behind.destroy())
  socket.pipe(behind)
  behind.pipe(socket)
  socket.resume()
}

const body = 'The app is not up at the moment. Its terminal says why.\n'
const answer = `HTTP/1.1 503 Service Unavailable\r\ncontent-type: text/plain; charset=utf-8\r\ncontent-length: ${body.length}\r\nretry-after: 2\r\nconnection: close\r\n\r\n${body}`
const lingerMs = 1000

/** What the caller still sends is read and dropped: a reset would take the answer away from it. */
function refuse(socket: Socket, clock: Clock): void {
  socket.resume()
  socket.end(answer)
  const cancel = clock.after(lingerMs, () => socket.destroy())
  socket.on('close', cancel)
}

function listen(server: Server, host: string, port: number): Promise<void> {
  return new Promise((resolve, reject) => {
    server.once('error', (error) => reject(listenError(error, host, port)))
    server.listen(port, host, resolve)
  })
}
