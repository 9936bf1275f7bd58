import { createServer, request, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { afterEach, expect, test } from 'vitest'
import { systemClock } from '../base/clock.ts'
import { virtualClock } from '../testing/virtual-clock.ts'
import { openFrontDoor, type FrontDoor } from './front-door.ts'

const open: (FrontDoor | Server)[] = []
afterEach(async () => {
  for (const one of open.splice(0)) await one.close()
})

async function door(clock = systemClock): Promise<FrontDoor> {
  const made = await openFrontDoor({ host: '127.0.0.1', port: 0, clock, holdMs: 20_000 })
  open.push(made)
  return made
}

/** A server that answers with its name and the body it got. */
async function house(name: string): Promise<number> {
  const server = createServer((incoming, answer) => {
    let body = ''
    incoming.on('data', (piece: Buffer) => (body += piece.toString()))
    incoming.on('end', () => answer.end(`${name} ${incoming.headers.host} ${body}`))
  }).listen(0, '127.0.0.1')
  open.push(server)
  await new Promise((resolve) => server.on('listening', resolve))
  return (server.address() as AddressInfo).port
}

function post(url: string, body: string): Promise<{ status: number; text: string; retryAfter: string | undefined }> {
  return new Promise((resolve, reject) => {
    const sent = request(url, { method: 'POST', agent: false }, (answer) => {
      let text = ''
      answer.on('data', (piece: Buffer) => (text += piece.toString()))
      answer.on('end', () =>
        resolve({ status: answer.statusCode ?? 0, text, retryAfter: answer.headers['retry-after'] }),
      )
    })
    sent.on('error', reject)
    sent.end(body)
  })
}

test('what arrives while nobody is behind it waits for the next one, whole', async () => {
  const front = await door()
  front.open(await house('first'))
  expect((await post(front.url, 'a')).text).toBe(`first ${new URL(front.url).host} a`)

  front.hold()
  const large = 'x'.repeat(1_000_000)
  const held = [post(front.url, 'b'), post(front.url, large)]
  expect(await Promise.race([...held, new Promise((resolve) => setTimeout(() => resolve('waits'), 100))])).toBe('waits')
  front.open(await house('second'))
  const [small, big] = await Promise.all(held)
  expect(small?.text).toMatch(/^second .* b$/)
  expect(big?.text.length).toBeGreaterThan(large.length)
})

test('nobody waits for ever: 503 with Retry-After', async () => {
  const clock = virtualClock()
  const front = await door(clock)
  front.hold()
  const held = post(front.url, 'a')
  await new Promise((resolve) => setTimeout(resolve, 50))
  await clock.advance(20_000)
  expect(await held).toMatchObject({ status: 503, retryAfter: '2' })
})

test('where there is nothing to wait for, that is said at once, also to those that wait', async () => {
  const front = await door()
  expect(await post(front.url, 'x'.repeat(500_000))).toMatchObject({ status: 503, retryAfter: '2' })
  front.hold()
  const held = post(front.url, 'a')
  await new Promise((resolve) => setTimeout(resolve, 50))
  front.shut()
  expect(await held).toMatchObject({ status: 503 })
})

test('a port that is taken', async () => {
  const { port } = await door()
  await expect(openFrontDoor({ host: '127.0.0.1', port, clock: systemClock, holdMs: 1 })).rejects.toMatchObject({
    code: 'PORT_TAKEN',
  })
})
