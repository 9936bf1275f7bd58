// What `bare` and the prototype have in common: a plain node:http server, undici pools to the sinks, a bound on what is in progress.
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import { Pool } from 'undici'
import { type PaymentEvent, readEvent } from './mapping.ts'

const json = { 'content-type': 'application/json' }
const received = '{"received":true}'
const receivedHeaders = { ...json, 'content-length': received.length }

/** Without a bound, thousands of half-done runs queue up in the event loop. */
export function gate(most: number): { enter(): Promise<void> | undefined; leave(): void } {
  let inside = 0
  const queue: (() => void)[] = []
  return {
    enter() {
      if (inside >= most) return new Promise((resolve) => queue.push(resolve))
      inside += 1
      return undefined
    },
    leave() {
      const next = queue.shift()
      if (next === undefined) inside -= 1
      else next()
    },
  }
}

export function poster(origin: string, path: string): (body: unknown) => Promise<unknown> {
  const pool = new Pool(origin, { connections: 64 })
  return async (body) => {
    const answer = await pool.request({ method: 'POST', path, headers: json, body: JSON.stringify(body) })
    if (answer.statusCode !== 200) throw new Error(`${path} answered ${answer.statusCode}`)
    return answer.body.json()
  }
}

/** `accept` resolves when the event may be acknowledged. */
export function serve(port: number, accept: (event: PaymentEvent, text: string) => Promise<void>): void {
  async function take(text: string, response: ServerResponse): Promise<void> {
    let event
    try {
      event = readEvent(JSON.parse(text))
    } catch {
      response.writeHead(400).end()
      return
    }
    await accept(event, text)
    response.writeHead(200, receivedHeaders).end(received)
  }

  function receive(request: IncomingMessage, response: ServerResponse): void {
    if (request.method !== 'POST') {
      response.writeHead(200, receivedHeaders).end(received)
      return
    }
    request.setEncoding('utf8')
    let text = ''
    request.on('data', (part: string) => (text += part))
    request.on('end', () => void take(text, response))
  }

  createServer(receive).listen(port, '127.0.0.1')
}
