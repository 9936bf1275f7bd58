import { inspect } from 'node:util'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { z } from 'zod'
import { basic, bearer, tokenLogin } from '../definition/auth.ts'
import { defineConnector, type Connector } from '../definition/connector.ts'
import { Secret } from '../base/secret.ts'
import type { CallAnswer, OpenClient } from './client.ts'
import { answer, connect, startUpstream, type Seen, type Upstream } from './upstream.suite.ts'

const canary = 'canary/s3cret+key=='

let upstream: Upstream
let client: OpenClient | null = null
beforeEach(async () => {
  upstream = await startUpstream()
})
afterEach(async () => {
  await client?.close()
  client = null
  upstream.close()
})

const auths = {
  bearer: bearer('secret', 'Key'),
  basic: basic('user', 'secret'),
  login: tokenLogin({ user: { label: 'User' }, secret: { label: 'Password' } }, {
    login: ({ user, secret }) => ({ path: '/login', body: { user, secret } }),
    token: (body) => (body as { token?: string }).token,
    life: '1d',
  }), // prettier-ignore
}

function leaks(text: string): string[] {
  const forms = [
    canary,
    encodeURIComponent(canary),
    Buffer.from(canary).toString('base64').slice(0, 20),
    Buffer.from(`someuser:${canary}`).toString('base64'),
    'login-canary-token',
  ]
  return forms.filter((form) => text.includes(form))
}

/** Everything that a log, a journal or a person could make of a result. */
function everyPrint(result: CallAnswer): string {
  const prints = [inspect(result, { depth: 20, showHidden: true }), JSON.stringify(result)]
  if (result.outcome === 'failed') {
    const { error } = result
    prints.push(
      String(error),
      String(error.stack),
      JSON.stringify(error),
      inspect(error.cause),
      error.message,
      JSON.stringify(error.details),
      error.publicMessage,
    )
  }
  return prints.join('\n')
}

/** A provider that says back whatever it was sent, in every way it can. */
const echo = ({ headers, body, url }: Seen): string =>
  `${String(headers.authorization)} ${String(headers.authorization).slice(7)} ${body} ${url} ${canary} ${encodeURIComponent(canary)}`

type Respond = Upstream['respond']
const failures: readonly (readonly [string, Respond])[] = [
  ...[400, 401, 403, 404, 422, 429, 500, 503, 302].map((status): readonly [string, Respond] => [
    `status ${status} that echoes all`,
    (seen, response) =>
      answer(
        response,
        status,
        { error: { message: echo(seen), code: echo(seen) } },
        { location: `/?key=${encodeURIComponent(canary)}`, 'request-id': encodeURIComponent(echo(seen)) },
      ),
  ]),
  ['a success that does not fit', (seen, response) => answer(response, 200, { id: echo(seen), [canary]: canary })],
  ['bad JSON', (seen, response) => answer(response, 200, echo(seen))],
  ['a page of HTML', (seen, response) => answer(response, 200, echo(seen), { 'content-type': 'text/html' })],
  ['a lost answer', (_seen, _response, socket) => socket.destroy()],
  ['no HTTP', (seen, _response, socket) => socket.end(`${echo(seen)}\r\n\r\n`)],
  [
    'a header that is too long',
    (seen, _response, socket) => socket.end(`HTTP/1.1 200 OK\r\nx: ${echo(seen).repeat(1000)}\r\n\r\n`),
  ],
  ['a damaged packing', (seen, response) => answer(response, 200, echo(seen), { 'content-encoding': 'gzip' })],
  ['a failure with status 200', (seen, response) => answer(response, 200, { error: { message: echo(seen) } })],
]

const operations = {
  make: { method: 'POST', path: '/things/{id}', input: z.looseObject({}), output: z.object({ id: z.int() }) },
  throwing: { method: 'POST', path: '/things', input: z.looseObject({}), output: z.unknown(), response: ({ body }: { body: unknown }) => { throw new Error(JSON.stringify(body)) } }, // prettier-ignore
  wrong: { method: 'POST', path: '/things', input: z.object({ key: z.int() }), output: z.unknown() },
  lost: {
    method: 'POST',
    path: '/things',
    input: z.looseObject({}),
    output: z.unknown(),
    request: () => ({ path: `/..//${canary}` }),
  },
}

function open(auth: (typeof auths)[keyof typeof auths], onSecret?: (secret: string) => void) {
  const connector = defineConnector('acme', {
    baseUrl: upstream.origin,
    auth,
    operations: operations as never,
    failure: ({ body }) => (body as { error?: { message: string; code?: string } } | undefined)?.error ?? null,
  }) as unknown as Connector
  return connect(connector, upstream, {
    credentials: { secret: canary, user: 'someuser' },
    ...(onSecret && { onSecret }),
  })
}

/** Lets the login through. */
function failing(respond: Respond): Respond {
  return (seen, response, socket) => {
    if (seen.url === '/login') answer(response, 200, { token: 'login-canary-token' })
    else respond(seen, response, socket)
  }
}

describe.each(Object.entries(auths))('SEC-11: with %s no failure shows a secret', (_scheme, auth) => {
  test.each(failures)('%s', async (_what, respond) => {
    const { call, ...bench } = await open(auth)
    client = bench.client
    upstream.respond = failing(respond)
    const shown: string[] = []
    for (const [name, input] of [
      ['make', { id: 'a', note: canary }],
      ['throwing', {}],
      ['wrong', { key: canary }],
      ['lost', {}],
    ] as const) {
      // prettier-ignore
      const result = await call(name, input, { idempotencyKey: canary })
      if (result.outcome !== 'answered') shown.push(...leaks(everyPrint(result)).map((form) => `${name}: ${form}`))
    }
    expect(shown).toEqual([])
    // The test sees a secret where there is one.
    expect(leaks(upstream.seen.map((seen) => `${String(seen.headers.authorization)}${seen.body}`).join())).not.toEqual(
      [],
    )
  })
})

test.each(failures)('SEC-11: a login that fails shows no secret: %s', async (_what, respond) => {
  const { call, ...bench } = await open(auths.login)
  client = bench.client
  upstream.respond = respond
  expect(leaks(everyPrint(await call('make', { id: 'a' })))).toEqual([])
})

test('SEC-11: a secret, however it is printed, reads [secret]', () => {
  const secret = new Secret(canary)
  const connection = { name: 'main', credentials: { key: secret } }
  expect(
    leaks(
      `${String(secret)} ${JSON.stringify(connection)} ${inspect(connection, { depth: 9, showHidden: true })} ${Object.values(secret).join()} ${Object.getOwnPropertyNames(secret).join()}`,
    ),
  ).toEqual([])
})

test('SEC-11: what a login obtains is told to whoever keeps logs free of secrets', async () => {
  const obtained: string[] = []
  const bench = await open(auths.login, (secret) => obtained.push(secret))
  client = bench.client
  upstream.respond = failing((_seen, response) => answer(response, 200, { id: 1 }))
  expect((await bench.call('make', { id: 1 })).outcome).toBe('answered')
  expect(obtained).toContain('login-canary-token')
})
