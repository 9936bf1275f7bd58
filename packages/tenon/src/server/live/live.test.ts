import { get, type IncomingMessage } from 'node:http'
import { afterEach, describe, expect, test } from 'vitest'
import type { Happening } from '../../engine/engine.ts'
import { virtualClock } from '../../testing/virtual-clock.ts'
import { authorised, bodyOf, expectProblem, paid, send, sign, start, type Harness } from '../server.fixture.ts'
import { createLive, mostListeners, type Sink } from './live.ts'

/** An engine that tells what it is told to tell. */
function teller() {
  const listeners = new Set<(happening: Happening) => void>()
  const listen = (listener: (happening: Happening) => void) => {
    listeners.add(listener)
    return () => void listeners.delete(listener)
  }
  const tell = (run: string, flow = 'order-paid'): void => {
    for (const listener of listeners) listener({ name: 'run.undone', tenant: 'default', at: 1, run, flow })
  }
  return { listen, tell, listeners }
}

function pipe() {
  const state = { text: '', hasRoom: true, isEnded: false }
  const sink: Sink = {
    hasRoom: () => state.hasRoom,
    write: (text) => void (state.text += text),
    end: () => void (state.isEnded = true),
  }
  return { state, sink }
}

function begin() {
  const clock = virtualClock({ isDriven: true })
  const engine = teller()
  const live = createLive({ engine, clock })
  const add = (about: { run?: string; flow?: string; isWelcome?: () => boolean; tenant?: string } = {}) => {
    const { state, sink } = pipe()
    const remove = live.add({ tenant: 'default', isWelcome: () => true, ...about, sink })
    return { state, remove: remove ?? (() => undefined), isTaken: remove !== null }
  }
  return { clock, engine, live, add }
}

const runsIn = (text: string): string[] => [...text.matchAll(/"run":"(\w+)"/g)].map(([, run]) => run ?? '')

describe('those who watch', () => {
  test('hear what happens, numbered, and the engine is listened to only while someone does', () => {
    const { engine, add } = begin()
    expect(engine.listeners.size).toBe(0)
    const [one, two] = [add(), add()]
    engine.tell('a')
    engine.tell('b')
    expect(one.state.text).toBe(two.state.text)
    expect(one.state.text).toContain(
      'event: happening\nid: 1\ndata: {"name":"run.undone","tenant":"default","at":1,"run":"a","flow":"order-paid"}\n\n',
    )
    one.remove()
    two.remove()
    expect(engine.listeners.size).toBe(0)
  })

  test('hear of one run or one flow only, where they ask for that', () => {
    const { engine, add } = begin()
    const [run, flow] = [add({ run: 'a' }), add({ flow: 'refund' })]
    engine.tell('a')
    engine.tell('b', 'refund')
    expect([runsIn(run.state.text), runsIn(flow.state.text)]).toEqual([['a'], ['b']])
  })

  test('SEC-09: hear nothing of another tenant', () => {
    const { engine, add } = begin()
    const { state } = add({ tenant: 'other' })
    engine.tell('a')
    expect(state.text).toBe('')
  })

  test('get a sign of life every fifteen seconds', async () => {
    const { clock, add } = begin()
    const { state } = add()
    await clock.advance(45_000)
    expect(state.text).toBe(': alive\n\n'.repeat(3))
  })

  test('that are too slow lose what lies between, and are told how much', async () => {
    const { clock, engine, add } = begin()
    const [slow, quick] = [add(), add()]
    engine.tell('a')
    slow.state.hasRoom = false
    for (let time = 0; time < 500; time += 1) engine.tell('b')
    slow.state.hasRoom = true
    engine.tell('c')
    expect(runsIn(slow.state.text)).toEqual(['a', 'c'])
    expect(slow.state.text).toContain('event: gap\ndata: {"lost":500}\n\nevent: happening\nid: 502\n')
    expect(runsIn(quick.state.text)).toHaveLength(502)
    // Where nothing follows, the heartbeat says it.
    slow.state.hasRoom = false
    engine.tell('d')
    slow.state.hasRoom = true
    await clock.advance(15_000)
    expect(slow.state.text).toMatch(/event: gap\ndata: \{"lost":1\}\n\n: alive\n\n$/)
  })

  test('that take nothing for a minute are given up', async () => {
    const { clock, add, engine } = begin()
    const { state } = add()
    state.hasRoom = false
    await clock.advance(45_000)
    expect(state.isEnded).toBe(false)
    await clock.advance(15_000)
    expect([state.isEnded, engine.listeners.size]).toEqual([true, 0])
  })

  test('hear at most a thousand things in a second: the rest is a gap for all, and costs nothing', async () => {
    const { clock, engine, add } = begin()
    const { state } = add()
    for (let time = 0; time < 5000; time += 1) engine.tell('a')
    expect(runsIn(state.text)).toHaveLength(1000)
    await clock.advance(1000)
    engine.tell('b')
    expect(state.text).toContain('data: {"lost":4000}')
  })

  test('are let go when they are no longer welcome', async () => {
    const { clock, add } = begin()
    let isWelcome = true
    const { state } = add({ isWelcome: () => isWelcome })
    await clock.advance(15_000)
    isWelcome = false
    await clock.advance(15_000)
    expect(state.isEnded).toBe(true)
  })

  test('are at most sixty-four, and none after the end', () => {
    const { live, add } = begin()
    const taken = Array.from({ length: mostListeners + 1 }, () => add())
    expect(taken.map(({ isTaken }) => isTaken).indexOf(false)).toBe(mostListeners)
    taken[0]?.remove()
    expect(add().isTaken).toBe(true)
    live.close()
    expect(taken[1]?.state.isEnded).toBe(true)
    expect(add().isTaken).toBe(false)
  })
})

const streams: IncomingMessage[] = []
afterEach(() => {
  for (const stream of streams.splice(0)) stream.destroy()
})

/** A stream as a browser reads it. */
function open({ server }: Harness, headers: Record<string, string>, path = '/api/v1/live') {
  return new Promise<{ response: IncomingMessage; until: (part: string) => Promise<string>; ended: Promise<void> }>(
    (resolve, reject) => {
      get({ port: server.port, host: '127.0.0.1', path, headers, agent: false }, (response) => {
        streams.push(response)
        let text = ''
        let look: () => void = () => undefined
        response.setEncoding('utf8')
        response.on('data', (piece: string) => {
          text += piece
          look()
        })
        const until = (part: string): Promise<string> =>
          new Promise((found) => {
            look = () => {
              if (text.includes(part)) found(text)
            }
            look()
          })
        const ended = new Promise<void>((done) => response.on('end', done))
        resolve({ response, until, ended })
      }).on('error', reject)
    },
  )
}

describe('GET /api/v1/live', () => {
  test('is a stream of what happens to runs', async () => {
    const harness = await start()
    const { response, until } = await open(harness, await harness.signIn())
    expect([response.statusCode, response.headers['content-type'], response.headers['cache-control']]).toEqual([
      200,
      'text/event-stream; charset=utf-8',
      'no-store',
    ])
    const body = bodyOf(paid('evt_1'))
    await harness.post(body, sign(body))
    const text = await until('"name":"run.completed"')
    expect(text).toMatch(/^retry: 2000\n\n/)
    expect(text).toContain('"tenant":"default"')
    expect(text).not.toContain('event: gap')
  })

  test('SEC-09: tells nothing of what happens to another tenant', async () => {
    const harness = await start()
    const { until } = await open(harness, authorised)
    for (const tenant of ['other', 'default'])
      await harness.engine.start({ tenant, flow: 'by-hand', input: { month: '5' }, id: `run-of-${tenant}` })
    const text = await until('"name":"run.completed"')
    expect(text).toContain('run-of-default')
    expect(text).not.toContain('other')
  })

  test('a browser that comes back is told that something may have happened meanwhile', async () => {
    const harness = await start()
    const { until } = await open(harness, { ...authorised, 'last-event-id': '7' })
    expect(await until('event: gap')).toContain('data: {"lost":null}')
  })

  test('ends when the server drains, and none begins then', async () => {
    const harness = await start()
    const { ended } = await open(harness, authorised)
    harness.server.setState('draining')
    await ended
    await expectProblem(await harness.ask('/api/v1/live', { headers: authorised }), 503, 'DRAINING')
  })

  test('does not hold up the end of the server', async () => {
    const harness = await start()
    const { ended } = await open(harness, authorised)
    await Promise.all([harness.server.close(), ended])
  })

  test('ends with the session that it was opened by', async () => {
    const clock = virtualClock()
    const harness = await start({ clock })
    const browser = await harness.signIn()
    const { ended } = await open(harness, browser)
    await harness.ask('/api/v1/session', { method: 'DELETE', headers: browser })
    await clock.advance(15_000)
    await ended
  })

  test('the sixty-fifth is refused with a time to come again', async () => {
    const harness = await start()
    await Promise.all(Array.from({ length: mostListeners }, () => open(harness, authorised)))
    const refused = await harness.ask('/api/v1/live', { headers: authorised })
    expect(refused.headers.get('retry-after')).toBe('10')
    await expectProblem(refused, 503, 'OVERLOADED')
  })

  test('HEAD tells the headers and opens nothing; a filter that is none is refused', async () => {
    const { server, ask } = await start()
    const head = await send(server.port, 'HEAD', '/api/v1/live', { headers: authorised })
    expect(head.status).toBe(200)
    await expectProblem(await ask('/api/v1/live?colour=red', { headers: authorised }), 400, 'INPUT_INVALID')
  })
})
