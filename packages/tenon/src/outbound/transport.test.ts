import { createServer as createHttpServer, type RequestListener } from 'node:http'
import { createServer, type Server, type Socket } from 'node:net'
import { brotliCompressSync, gzipSync, zstdCompressSync } from 'node:zlib'
import { afterEach, describe, expect, test } from 'vitest'
import { systemClock, type Clock } from '../base/clock.ts'
import { TenonError } from '../base/errors.ts'
import { fateOf, type RawAnswer, type SendRequest, type Transport } from './outbound.ts'
import { createTransport } from './transport.ts'

/** A clock that moves by hand; what it holds can be counted. */
function handClock(): Clock & { pass(ms: number): void; readonly pending: number } {
  const timers = new Set<{ at: number; callback: () => void }>()
  let now = 0
  return {
    now: () => now,
    after(delayMs, callback) {
      const timer = { at: now + delayMs, callback }
      timers.add(timer)
      return () => timers.delete(timer)
    },
    whenQuiet: systemClock.whenQuiet,
    pass(ms) {
      now += ms
      for (const timer of [...timers].filter(({ at }) => at <= now)) {
        timers.delete(timer)
        timer.callback()
      }
    },
    get pending() {
      return timers.size
    },
  }
}

const cleanups: (() => unknown)[] = []
afterEach(async () => {
  for (const cleanup of cleanups.splice(0).toReversed()) await cleanup()
})

interface Upstream {
  readonly origin: string
  readonly sockets: Set<Socket>
  /** Sockets that were ever opened. */
  readonly total: number
  /** Resolves when so many sockets are open. */
  opened(count: number): Promise<void>
  closed(): Promise<void>
}

async function listening(server: Server): Promise<Upstream> {
  const sockets = new Set<Socket>()
  let total = 0
  const waiting = new Set<() => void>()
  const changed = (): void => waiting.forEach((check) => check())
  server.on('connection', (socket: Socket) => {
    total += 1
    sockets.add(socket)
    socket.on('error', () => undefined)
    socket.on('close', () => {
      sockets.delete(socket)
      changed()
    })
    changed()
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  cleanups.push(() => {
    for (const socket of sockets) socket.destroy()
    server.close()
  })
  const until = (isSo: () => boolean): Promise<void> =>
    new Promise((resolve) => {
      const check = (): void => {
        if (!isSo()) return
        waiting.delete(check)
        resolve()
      }
      waiting.add(check)
      check()
    })
  return {
    origin: `http://127.0.0.1:${(server.address() as { port: number }).port}`,
    sockets,
    get total() {
      return total
    },
    opened: (count) => until(() => sockets.size >= count),
    closed: () => until(() => sockets.size === 0),
  }
}

const http = (listener: RequestListener): Promise<Upstream> => listening(createHttpServer(listener))

/** Speaks bytes, for what no honest server says. */
const raw = (speak: (socket: Socket) => void): Promise<Upstream> =>
  listening(createServer((socket) => socket.once('data', () => speak(socket))))

function open(
  upstream: Upstream,
  clock: Clock = systemClock,
): { transport: Transport; send(more?: Partial<SendRequest>): Promise<RawAnswer> } {
  const transport = createTransport({ clock, allowedOrigins: [upstream.origin] })
  cleanups.push(() => transport.close())
  return {
    transport,
    send: (more = {}) =>
      transport.send({
        origin: upstream.origin,
        method: 'GET',
        path: '/',
        headers: [],
        body: null,
        timeoutMs: 30_000,
        maxAnswerBytes: 100_000,
        signal: null,
        ...more,
      }),
  }
}

async function errorOf(promise: Promise<unknown>): Promise<TenonError> {
  const error: unknown = await promise.then(
    () => new Error('it succeeded'),
    (reason: unknown) => reason,
  )
  if (!TenonError.is(error)) throw new Error(`not a TenonError: ${String(error)}`)
  return error
}

describe('a request and its answer', () => {
  test('arrive as they were sent', async () => {
    const upstream = await http((request, response) => {
      const chunks: Buffer[] = []
      request.on('data', (chunk: Buffer) => chunks.push(chunk))
      request.on('end', () => {
        response.writeHead(201, { 'X-Twice': ['a', 'b'], 'Content-Type': 'text/plain' })
        response.end(
          `${request.method} ${request.url} ${String(request.headers['x-mine'])} ${Buffer.concat(chunks).toString()}`,
        )
      })
    })
    const { send } = open(upstream)
    const answer = await send({ method: 'POST', path: '/a?b=c', headers: ['x-mine', '7'], body: 'grüß' })
    expect(answer).toMatchObject({
      status: 201,
      isComplete: true,
      headers: { 'x-twice': ['a', 'b'], 'content-type': 'text/plain' },
    })
    expect(answer.body.toString()).toBe('POST /a?b=c 7 grüß')
  })

  test('EGR-05: a redirect is an answer, and not followed', async () => {
    let asked = 0
    const upstream = await http((_request, response) => {
      asked += 1
      response.writeHead(302, { location: 'http://169.254.169.254/' }).end()
    })
    expect(await open(upstream).send()).toMatchObject({ status: 302 })
    expect(asked).toBe(1)
  })

  test('sockets are kept and used again', async () => {
    const upstream = await http((_request, response) => response.end('ok'))
    const { send } = open(upstream)
    for (let index = 0; index < 10; index += 1) await send()
    expect(upstream.sockets.size).toBeLessThanOrEqual(2)
  })

  test('one that may not leave any more does not', async () => {
    let asked = 0
    const upstream = await http((_request, response) => {
      asked += 1
      response.end('ok')
    })
    const { send } = open(upstream)
    await send()
    const refusal = new Error('its time is over')
    await expect(send({ onLeaving: () => refusal })).rejects.toBe(refusal)
    await send({ onLeaving: () => null })
    expect(asked).toBe(2)
  })

  test('informational answers are passed over', async () => {
    const upstream = await raw((socket) =>
      socket.write('HTTP/1.1 103 Early Hints\r\nlink: </a>\r\n\r\nHTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\nok'),
    )
    expect((await open(upstream).send()).body.toString()).toBe('ok')
  })
})

describe('OUT-01: an error says whether the request left', () => {
  test('nobody listens: not sent', async () => {
    const upstream = await http(() => undefined)
    const { send } = open(upstream)
    for (const cleanup of cleanups.splice(0, 1)) cleanup()
    const error = await errorOf(send({ path: '/secret-path?token=canary' }))
    expect(error).toMatchObject({ code: 'UPSTREAM_UNAVAILABLE', retryable: true, details: { reason: 'ECONNREFUSED' } })
    expect(fateOf(error)).toBe('not-sent')
    expect(`${error.message} ${JSON.stringify(error)}`).not.toMatch(/canary|secret-path/)
  })

  test.each([
    ['the connection is dropped after the request', (socket: Socket) => socket.destroy()],
    ['the connection is reset', (socket: Socket) => socket.resetAndDestroy()],
    ['the connection ends politely', (socket: Socket) => socket.end()],
    ['half a head', (socket: Socket) => socket.end('HTTP/1.1 200 OK\r\ncontent-le')],
    ['half a body', (socket: Socket) => socket.end('HTTP/1.1 200 OK\r\ncontent-length: 10\r\n\r\nhalf')],
    [
      'half a chunked body',
      (socket: Socket) => socket.end('HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n5\r\nhalf'),
    ],
  ])('%s: ambiguous', async (_what, speak) => {
    const error = await errorOf(open(await raw(speak)).send({ method: 'POST', body: 'x' }))
    expect(error).toMatchObject({ code: 'UPSTREAM_UNAVAILABLE', retryable: true })
    expect(fateOf(error)).toBe('ambiguous')
  })

  test('something that is not HTTP: ambiguous, and not tried again', async () => {
    const error = await errorOf(open(await raw((socket) => socket.end('SSH-2.0-canary\r\n\r\n'))).send())
    expect(error).toMatchObject({ code: 'UPSTREAM_ANSWER_INVALID', retryable: false })
    expect(fateOf(error)).toBe('ambiguous')
    expect(`${error.message}${JSON.stringify(error.details)}${String(error.cause)}`).not.toContain('canary')
  })

  test('an answer that says it is no success counts, though its body broke off', async () => {
    const upstream = await raw((socket) => socket.end('HTTP/1.1 422 No\r\ncontent-length: 10\r\n\r\nhalf'))
    expect(await open(upstream).send()).toMatchObject({ status: 422, isComplete: false })
  })

  test('a header that HTTP does not allow is refused before anything is sent', async () => {
    const upstream = await http((_request, response) => response.end())
    const error = await errorOf(open(upstream).send({ headers: ['x-mine', 'a\r\nx-other: b'] }))
    expect(error.code).toBe('APP_INVALID')
    expect(fateOf(error)).toBe('not-sent')
  })
})

describe('OUT-07: one limit for everything, and giving up frees everything', () => {
  const stall: [string, (socket: Socket) => void, string][] = [
    ['no answer', () => undefined, 'headers'],
    ['half a head', (socket) => socket.write('HTTP/1.1 200 OK\r\ncontent-'), 'headers'],
    ['half a body', (socket) => socket.write('HTTP/1.1 200 OK\r\ncontent-length: 10\r\n\r\nhalf'), 'body'],
  ]

  test.each(stall)('the limit passes with %s', async (_what, speak, phase) => {
    const clock = handClock()
    let spoke: () => void = () => undefined
    const spoken = new Promise<void>((resolve) => (spoke = resolve))
    const upstream = await raw((socket) => {
      speak(socket)
      spoke()
    })
    const promise = errorOf(open(upstream, clock).send({ timeoutMs: 5000 }))
    await spoken
    await turns(20)
    clock.pass(4999)
    expect(upstream.sockets.size).toBe(1)
    clock.pass(1)
    const error = await promise
    expect(error).toMatchObject({ code: 'TIMEOUT', details: { phase, timeoutMs: 5000 } })
    expect(fateOf(error)).toBe('ambiguous')
    await upstream.closed()
    expect(clock.pending).toBe(0)
  })

  test.each(stall)('an abort with %s', async (_what, speak) => {
    const clock = handClock()
    let spoke: () => void = () => undefined
    const spoken = new Promise<void>((resolve) => (spoke = resolve))
    const upstream = await raw((socket) => {
      speak(socket)
      spoke()
    })
    const abort = new AbortController()
    const promise = errorOf(open(upstream, clock).send({ signal: abort.signal }))
    await spoken
    await turns(20)
    abort.abort(new TenonError('DRAINING', 'going down'))
    expect(await promise).toMatchObject({ code: 'DRAINING' })
    await upstream.closed()
    expect(clock.pending).toBe(0)
  })

  test('a drip of one byte at a time does not stretch the limit', async () => {
    const clock = handClock()
    const upstream = await raw((socket) => {
      socket.write('HTTP/1.1 200 OK\r\ncontent-length: 1000\r\n\r\n')
      const drip = setInterval(() => socket.write('x'), 1)
      socket.on('close', () => clearInterval(drip))
    })
    const promise = errorOf(open(upstream, clock).send({ timeoutMs: 5000 }))
    await upstream.opened(1)
    for (let index = 0; index < 5; index += 1) {
      await turns(20)
      clock.pass(1000)
    }
    expect(await promise).toMatchObject({ code: 'TIMEOUT' })
    await upstream.closed()
  })

  test('before a socket is there: not sent, and the connecting socket is given up', async () => {
    const clock = handClock()
    let release: () => void = () => undefined
    const held = new Promise<void>((resolve) => (release = resolve))
    const transport = createTransport({
      clock,
      lookup: async () => {
        await held
        return []
      },
    })
    cleanups.push(() => transport.close(), release)
    const request = {
      origin: 'http://slow.example',
      method: 'GET',
      path: '/',
      headers: [],
      body: null,
      timeoutMs: 5000,
      maxAnswerBytes: 100,
      signal: null,
    }
    const timed = errorOf(transport.send(request))
    const abort = new AbortController()
    const aborted = errorOf(transport.send({ ...request, signal: abort.signal }))
    abort.abort()
    expect(fateOf(await aborted)).toBe('not-sent')
    clock.pass(5000)
    const error = await timed
    expect(error).toMatchObject({ code: 'TIMEOUT', details: { phase: 'connect' } })
    expect(fateOf(error)).toBe('not-sent')
    expect(clock.pending).toBe(0)
    await turns(5)
    expect(
      process.getActiveResourcesInfo().filter((name) => name === 'TCPSocketWrap' || name === 'TCPConnectWrap'),
    ).toEqual([])
  })

  test('a request that comes while another gives up still gets its socket', async () => {
    const upstream = await http((_request, response) => response.end('ok'))
    const { send } = open(upstream)
    const abort = new AbortController()
    const first = errorOf(send({ signal: abort.signal }))
    abort.abort()
    const second = send()
    expect(fateOf(await first)).toBe('not-sent')
    expect((await second).body.toString()).toBe('ok')
  })

  test('one that is given up while it waits for a socket costs no other its socket', async () => {
    const upstream = await http((_request, response) => response.end('ok'))
    const { send } = open(upstream)
    const abort = new AbortController()
    const answers = Array.from({ length: 128 }, () => send())
    const given = Array.from({ length: 20 }, () => errorOf(send({ signal: abort.signal })))
    abort.abort()
    expect((await Promise.all(given)).map(fateOf)).toEqual(given.map(() => 'not-sent'))
    answers.push(...Array.from({ length: 128 }, () => send()))
    expect((await Promise.all(answers)).every(({ status }) => status === 200)).toBe(true)
    expect(upstream.total).toBe(128)
  })

  test('no listener stays behind on a signal', async () => {
    const upstream = await http((_request, response) => response.end('ok'))
    const { send } = open(upstream)
    const abort = new AbortController()
    let listeners = 0
    const { signal } = abort
    const add = signal.addEventListener.bind(signal)
    const remove = signal.removeEventListener.bind(signal)
    signal.addEventListener = (...args: Parameters<typeof add>) => {
      listeners += 1
      add(...args)
    }
    signal.removeEventListener = (...args: Parameters<typeof remove>) => {
      listeners -= 1
      remove(...args)
    }
    await Promise.all(Array.from({ length: 20 }, () => send({ signal })))
    expect(listeners).toBe(0)
  })

  test('an aborted signal sends nothing', async () => {
    let asked = 0
    const upstream = await http((_request, response) => {
      asked += 1
      response.end()
    })
    expect(fateOf(await errorOf(open(upstream).send({ signal: AbortSignal.abort() })))).toBe('not-sent')
    await turns(5)
    expect(asked).toBe(0)
  })

  test('closing ends what is under way and refuses what comes', async () => {
    const upstream = await http(() => undefined)
    const { transport, send } = open(upstream)
    const under = errorOf(send())
    await upstream.opened(1)
    await turns(20)
    await transport.close()
    expect(fateOf(await under)).toBe('ambiguous')
    expect(await errorOf(send())).toMatchObject({ code: 'DRAINING' })
  })
})

describe('OUT-13: answers have limits', () => {
  test.each([
    ['by its declared length', 'content-length: 100001\r\n\r\n'],
    ['as it arrives', `transfer-encoding: chunked\r\n\r\n${`4000\r\n${'x'.repeat(0x4000)}\r\n`.repeat(8)}`],
  ])('a body that is too large is refused %s', async (_what, rest) => {
    const upstream = await raw((socket) => socket.write(`HTTP/1.1 200 OK\r\n${rest}`))
    const error = await errorOf(open(upstream).send())
    expect(error).toMatchObject({ code: 'UPSTREAM_ANSWER_INVALID', retryable: false })
    expect(fateOf(error)).toBe('ambiguous')
    await upstream.closed()
  })

  test('a body that never ends is cut at the limit', async () => {
    let written = 0
    const upstream = await http((_request, response) => {
      response.writeHead(200)
      const more = (): void => {
        while (!response.destroyed && response.write('x'.repeat(10_000))) written += 10_000
      }
      response.on('drain', more)
      more()
    })
    expect(await errorOf(open(upstream).send())).toMatchObject({ code: 'UPSTREAM_ANSWER_INVALID' })
    await upstream.closed()
    expect(written).toBeLessThan(50_000_000)
  })

  test.each([
    ['too many headers', Array.from({ length: 500 }, (_none, index) => `h${index}: 1\r\n`).join('')],
    ['headers that are too long', `h: ${'x'.repeat(100_000)}\r\n`],
  ])('%s', async (_what, headers) => {
    const upstream = await raw((socket) => socket.write(`HTTP/1.1 200 OK\r\n${headers}content-length: 2\r\n\r\nok`))
    expect(await errorOf(open(upstream).send())).toMatchObject({ code: 'UPSTREAM_ANSWER_INVALID' })
    await upstream.closed()
  })

  test.each([
    ['gzip', gzipSync],
    ['br', brotliCompressSync],
    ['zstd', zstdCompressSync],
    ['gzip, BR', (body: string | Buffer) => brotliCompressSync(gzipSync(body))],
  ] as const)('a packed body (%s) is unpacked within the limit, and a bomb refused', async (encoding, pack) => {
    const upstream = await http((request, response) => {
      response.writeHead(request.url === '/refusal' ? 429 : 200, { 'content-encoding': encoding })
      response.end(pack(request.url === '/small' ? 'small' : Buffer.alloc(2_000_000)))
    })
    const { send } = open(upstream)
    expect((await send({ path: '/small' })).body.toString()).toBe('small')
    expect(await errorOf(send({ path: '/bomb' }))).toMatchObject({ code: 'UPSTREAM_ANSWER_INVALID' })
    expect(await send({ path: '/refusal' })).toMatchObject({ status: 429, isComplete: false })
  })

  test('a packing that is not known, or damaged, is refused', async () => {
    for (const encoding of ['zebra', 'gzip, gzip, gzip', 'gzip', '__proto__', 'constructor']) {
      const upstream = await http((_request, response) =>
        response.writeHead(200, { 'content-encoding': encoding }).end('plain'),
      )
      expect(await errorOf(open(upstream).send())).toMatchObject({ code: 'UPSTREAM_ANSWER_INVALID' })
    }
  })

  test('a stalled body ends after half a minute, however long the whole may take', async () => {
    const clock = handClock()
    let drip: () => void = () => undefined
    const upstream = await raw((socket) => {
      socket.write('HTTP/1.1 200 OK\r\ncontent-length: 1000\r\n\r\nx')
      drip = () => void socket.write('x')
    })
    const promise = errorOf(open(upstream, clock).send({ timeoutMs: 3_600_000 }))
    await upstream.opened(1)
    await turns(20)
    drip()
    await turns(20)
    clock.pass(30_000)
    expect(upstream.sockets.size).toBe(1)
    clock.pass(30_000)
    expect(await promise).toMatchObject({ code: 'TIMEOUT', details: { phase: 'idle', timeoutMs: 30_000 } })
    await upstream.closed()
    expect(clock.pending).toBe(0)
  })

  test('a byte every few seconds does not outlast the limit for everything', async () => {
    const clock = handClock()
    let drip: () => void = () => undefined
    const upstream = await raw((socket) => {
      socket.write('HTTP/1.1 200 OK\r\ncontent-length: 1000\r\n\r\nx')
      drip = () => void socket.write('x')
    })
    const promise = errorOf(open(upstream, clock).send({ timeoutMs: 120_000 }))
    await upstream.opened(1)
    for (let index = 0; index < 12; index += 1) {
      await turns(20)
      drip()
      await turns(20)
      clock.pass(10_000)
    }
    expect(await promise).toMatchObject({ code: 'TIMEOUT', details: { phase: 'body', timeoutMs: 120_000 } })
    expect(clock.pending).toBe(0)
  })

  test.each(['/endless', '/bomb'])('memory stays bounded: %s, thirty at once', async (path) => {
    const bomb = zstdCompressSync(Buffer.alloc(100_000_000))
    const block = Buffer.alloc(1_000_000)
    const upstream = await http((request, response) => {
      if (request.url === '/bomb') {
        response.writeHead(200, { 'content-encoding': 'zstd' }).end(bomb)
        return
      }
      // A gigabyte, if anybody took it.
      let left = 1000
      const more = (): void => {
        while (!response.destroyed && left > 0 && response.write(block)) left -= 1
      }
      response.on('drain', more)
      more()
    })
    const { send } = open(upstream)
    const before = process.memoryUsage().rss
    const errors = await Promise.all(
      Array.from({ length: 30 }, () => errorOf(send({ path, maxAnswerBytes: 1_000_000 }))),
    )
    expect(new Set(errors.map(({ code }) => code))).toEqual(new Set(['UPSTREAM_ANSWER_INVALID']))
    expect(process.memoryUsage().rss - before).toBeLessThan(250_000_000)
  })

  test('SEC-05: a header named __proto__ changes nothing', async () => {
    const upstream = await raw((socket) =>
      socket.write('HTTP/1.1 200 OK\r\n__proto__: x\r\nconstructor: y\r\ncontent-length: 2\r\n\r\nok'),
    )
    expect((await open(upstream).send()).status).toBe(200)
    expect(({} as Record<string, unknown>)['x']).toBeUndefined()
  })
})

/** Lets sockets and callbacks move on. */
async function turns(count: number): Promise<void> {
  for (let index = 0; index < count; index += 1) await new Promise((resolve) => setImmediate(resolve))
}
