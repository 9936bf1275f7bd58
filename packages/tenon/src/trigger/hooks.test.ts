import { createHmac } from 'node:crypto'
import { expect, test } from 'vitest'
import { z } from 'zod'
import { systemClock } from '../base/clock.ts'
import { Secret } from '../base/secret.ts'
import type { ResolvedConnection } from '../connection/connection.ts'
import { defineApp } from '../definition/app.ts'
import { noAuth } from '../definition/auth.ts'
import { defineConnector } from '../definition/connector.ts'
import { defineFlow } from '../definition/flow.ts'
import { crcChallenge, slackChallenge } from '../definition/handshake.ts'
import { bodyHmac, unverified, type Verifier } from '../definition/verifier.ts'
import { postOf } from '../definition/verifier/verifier.fixture.ts'
import type { AcceptedEvent } from '../engine/engine.ts'
import { silentLog } from '../telemetry/telemetry.ts'
import { createHooks, type HooksContext } from './hooks.ts'

const verifier = bodyHmac({ header: 'x-signature', field: 'hookSecret' })

/** An app with one connector, whose connections come and go as the test says. */
function running(verify: Verifier = verifier, more: Partial<HooksContext> = {}) {
  const chat = defineConnector('chat', {
    baseUrl: 'https://chat.example',
    auth: noAuth(),
    operations: {},
    events: { said: { data: z.object({ id: z.string() }) } },
    webhooks: {
      verify,
      reply: slackChallenge,
      handshake: crcChallenge({ field: 'hookSecret' }),
      handshakeForm: 'json',
      read: (body) => [{ id: (body as { id: string }).id, type: 'said', data: body }],
    },
  })
  const app = defineApp({ flows: [defineFlow('hear', { trigger: chat.on('said'), run: () => undefined })] })
  const accepted: AcceptedEvent[] = []
  const engine = {
    accept: (event: AcceptedEvent) => {
      accepted.push(event)
      return Promise.resolve({ duplicate: false, runs: [] })
    },
  }
  let changed = (): void => undefined
  const connections = {
    all: [] as ResolvedConnection[],
    onChange: (listener: () => void) => {
      changed = listener
      return () => undefined
    },
  }
  const set = (...all: ResolvedConnection[]): void => {
    connections.all = all
    changed()
  }
  const of = (tenant: string, name: string, secret = `${tenant}-${name}-secret`): ResolvedConnection => ({
    tenant,
    connector: chat,
    name,
    baseUrl: 'https://chat.example',
    credentials: { hookSecret: new Secret(secret) },
    simulated: false,
  })
  const context = { engine, tenant: 'default', clock: systemClock, log: silentLog, ...more }
  return { hooks: createHooks(app, connections, context), set, of, accepted }
}

function signed(body: string, secret: string) {
  const signature = createHmac('sha256', secret).update(body).digest('hex')
  return postOf(body, { headers: { 'x-signature': signature, 'content-type': 'application/json' } })
}

test('places appear with their connections and go with them', () => {
  const { hooks, set, of } = running()
  expect(hooks.all).toEqual([])
  const [main, acme] = [of('default', 'main'), of('acme', 'main')]
  set(main, acme)
  expect(hooks.all.map(({ path }) => path)).toEqual(['/hooks/chat', '/hooks/chat/main', '/hooks/chat/acme/main'])
  set(main)
  expect(hooks.at('/hooks/chat/acme/main')).toBeUndefined()
  set()
  expect(hooks.at('/hooks/chat')).toBeUndefined()
})

test('SEC-09: a tenant’s place takes what its own secret signed, for that tenant only', async () => {
  const { hooks, set, of, accepted } = running()
  set(of('default', 'main'), of('acme', 'main'), of('globex', 'main'))
  const acme = hooks.at('/hooks/chat/acme/main')
  const body = '{"id":"1"}'
  expect((await acme?.receive(signed(body, 'acme-main-secret')))?.status).toBe(200)
  expect(accepted).toMatchObject([{ tenant: 'acme', connection: 'main', source: '/hooks/chat/acme/main' }])
  for (const other of ['globex-main-secret', 'default-main-secret'])
    await expect(acme?.receive(signed(body, other))).rejects.toMatchObject({ code: 'SIGNATURE_INVALID' })
  expect(accepted).toHaveLength(1)
})

test('SEC-09: no name leads into another tenant’s place', () => {
  const { hooks, set, of } = running()
  set(of('acme', 'main'), of('default', 'acme/main'))
  expect(hooks.at('/hooks/chat/acme/main')?.tenant).toBe('acme')
  expect(hooks.at('/hooks/chat/acme%2Fmain')?.tenant).toBe('default')
})

test('WHI-04: a secret that is replaced counts from then on, and both while it holds both', async () => {
  const { hooks, set, of } = running()
  const body = '{"id":"1"}'
  const taken = async (secret: string) =>
    hooks
      .at('/hooks/chat')
      ?.receive(signed(body, secret))
      .then(
        () => true,
        () => false,
      )
  set(of('default', 'main', 'old-secret'))
  expect([await taken('old-secret'), await taken('new-secret')]).toEqual([true, false])
  set(of('default', 'main', 'new-secret old-secret'))
  expect([await taken('old-secret'), await taken('new-secret')]).toEqual([true, true])
  set(of('default', 'main', 'new-secret'))
  expect([await taken('old-secret'), await taken('new-secret')]).toEqual([false, true])
})

test('WHI-04: what verifies nothing is told once of each connection, also of one that comes later', () => {
  const told: string[] = []
  const { hooks, set, of } = running(unverified('it signs nothing'), {
    onUnverified: ({ tenant, verification }) => told.push(`${tenant}: ${verification}`),
  })
  const [main, acme] = [of('default', 'main'), of('acme', 'main')]
  set(main)
  expect(hooks.all.every(({ isUnverified }) => isUnverified)).toBe(true)
  set(main, acme)
  void hooks.all
  expect(told).toEqual(['default: unverified: it signs nothing', 'acme: unverified: it signs nothing'])
})

test('a verifier that must wait lets nothing in before it has judged', async () => {
  let judge = { resolve: (): void => undefined, reject: (_error: Error): void => undefined }
  const slow: Verifier = {
    ...verifier,
    verify: () => new Promise<void>((resolve, reject) => (judge = { resolve, reject })),
  }
  const { hooks, set, of, accepted } = running(slow)
  set(of('default', 'main'))
  const refused = hooks.at('/hooks/chat')?.receive(signed('{"id":"1"}', 'x'))
  judge.reject(new Error('forged'))
  await expect(refused).rejects.toThrow('forged')
  const taken = hooks.at('/hooks/chat')?.receive(signed('{"id":"1"}', 'x'))
  await Promise.resolve()
  expect(accepted).toEqual([])
  judge.resolve()
  expect((await taken)?.status).toBe(200)
  expect(accepted).toHaveLength(1)
})

test('Slack’s challenge is answered when it is signed, and starts nothing', async () => {
  const { hooks, set, of, accepted } = running()
  set(of('default', 'main', 'the-secret'))
  const body = '{"type":"url_verification","challenge":"abc","token":"x"}'
  expect(await hooks.at('/hooks/chat')?.receive(signed(body, 'the-secret'))).toEqual({ status: 200, body: 'abc' })
  await expect(hooks.at('/hooks/chat')?.receive(signed(body, 'another'))).rejects.toMatchObject({
    code: 'SIGNATURE_INVALID',
  })
  expect(accepted).toEqual([])
})

test('X’s challenge-response check, by its documented vector', () => {
  const { hooks, set, of } = running()
  set(of('default', 'main', 'consumer-secret'))
  const asked = { ...postOf(''), method: 'GET', query: { crc_token: 'challenge_string' } }
  expect(hooks.at('/hooks/chat')?.handshake(asked)).toEqual({
    status: 200,
    body: '{"response_token":"sha256=S/mG8E9n5SjoGuCqHguvP8K8uuu5ogCPF0dOpIdyZlk="}',
    isJson: true,
  })
  expect(() => hooks.at('/hooks/chat')?.handshake({ ...asked, query: {} })).toThrow('set-up request')
})

test('WHI-02: what is forged is not even parsed', async () => {
  const { hooks, set, of } = running()
  set(of('default', 'main', 'the-secret'))
  const broken = signed('{"id":', 'the-secret')
  await expect(hooks.at('/hooks/chat')?.receive(broken)).rejects.toMatchObject({ code: 'BODY_INVALID' })
  const forged = signed('{"id":', 'another')
  await expect(hooks.at('/hooks/chat')?.receive(forged)).rejects.toMatchObject({ code: 'SIGNATURE_INVALID' })
})
