import { expect, test } from 'vitest'
import { z } from 'zod'
import { systemClock } from '../base/clock.ts'
import { TenonError } from '../base/errors.ts'
import { Secret } from '../base/secret.ts'
import type { ResolvedConnection } from '../connection/connection.ts'
import { defineApp } from '../definition/app.ts'
import { noAuth } from '../definition/auth.ts'
import { defineConnector } from '../definition/connector.ts'
import { defineFlow } from '../definition/flow.ts'
import { bodyHmac } from '../definition/verifier.ts'
import { postOf } from '../definition/verifier/verifier.fixture.ts'
import type { AcceptedEvent } from '../engine/engine.ts'
import { silentLog } from '../telemetry/telemetry.ts'
import { createHooks } from './hooks.ts'

const verify = bodyHmac({ header: 'x-signature', field: 'clientSecret' })
const one = z.object({ id: z.string(), portal: z.string(), type: z.string().default('said') })

const crm = defineConnector('crm', {
  baseUrl: 'https://crm.example',
  auth: noAuth(),
  operations: {},
  events: { said: { data: one }, odd: { data: one } },
  webhooks: {
    shared: true,
    verify,
    read: (body) =>
      z
        .array(one)
        .parse(body)
        .map((data) => ({ id: data.id, type: data.type, account: data.portal, data })),
  },
})
const app = defineApp({ flows: [defineFlow('hear', { trigger: crm.on('said'), run: () => undefined })] })

const appSecret = 'secret-of-our-own-app'

function of(tenant: string, account: string | null, secret = appSecret): ResolvedConnection {
  return {
    tenant,
    connector: crm,
    name: 'main',
    baseUrl: 'https://crm.example',
    credentials: { clientSecret: new Secret(secret) },
    simulated: false,
    ...(account !== null && { account }),
  }
}

/** What came of a request at the one address: which tenant got which event. */
async function sent(
  all: readonly ResolvedConnection[],
  events: readonly z.input<typeof one>[],
  { secret = appSecret, fails = [] as readonly string[] } = {},
): Promise<{ readonly took: readonly string[]; readonly outcome: string | number }> {
  const accepted: string[] = []
  const engine = {
    accept({ tenant, id }: AcceptedEvent) {
      if (fails.includes(tenant)) return Promise.reject(new TenonError('JOURNAL_UNAVAILABLE', 'no room'))
      accepted.push(`${tenant} ${id}`)
      return Promise.resolve({ duplicate: false, runs: [] })
    },
  }
  const hooks = createHooks(app, { all }, { engine, tenant: 'default', clock: systemClock, log: silentLog })
  const text = JSON.stringify(events)
  const request = { ...postOf(text), headers: { 'content-type': 'application/json', ...verify.sign(text, secret, 0) } }
  const outcome = await hooks
    .at('/hooks/crm')
    ?.receive(request)
    .then(
      ({ status }) => status,
      (error: TenonError) => error.code,
    )
  return { took: accepted.toSorted(), outcome: outcome ?? 'no place' }
}

const both = [of('acme', '1'), of('birch', '2')]

test('the events of a request go each to the tenant whose account it is', async () => {
  const events = [
    { id: 'a', portal: '1' },
    { id: 'b', portal: '2' },
    { id: 'c', portal: '1' },
  ]
  expect(await sent(both, events)).toEqual({ took: ['acme a', 'acme c', 'birch b'], outcome: 200 })
})

test('an account that two tenants connected speaks to both', async () => {
  const all = [...both, of('cedar', '1')]
  expect(await sent(all, [{ id: 'a', portal: '1' }])).toEqual({ took: ['acme a', 'cedar a'], outcome: 200 })
})

test('SEC-09: who proves a request by a secret of their own speaks for their own accounts only', async () => {
  const all = [of('acme', '1'), of('mallory', '9', 'app-of-mallory')]
  const events = [
    { id: 'a', portal: '1' },
    { id: 'b', portal: '9' },
  ]
  expect(await sent(all, events, { secret: 'app-of-mallory' })).toEqual({ took: ['mallory b'], outcome: 200 })
})

test('WHI-01: a request that no secret proves starts nothing', async () => {
  expect(await sent(both, [{ id: 'a', portal: '1' }], { secret: 'forged' })).toEqual({
    took: [],
    outcome: 'SIGNATURE_INVALID',
  })
})

test('an account that nobody connected goes to those of whom it is not known, else to nobody', async () => {
  const event = [{ id: 'a', portal: '7' }]
  expect(await sent(both, event)).toEqual({ took: [], outcome: 200 })
  expect(await sent([...both, of('default', null)], event)).toEqual({ took: ['default a'], outcome: 200 })
})

test('what one tenant cannot take now makes the sender come again; the others have theirs', async () => {
  const events = [
    { id: 'a', portal: '1' },
    { id: 'b', portal: '2' },
  ]
  expect(await sent(both, events, { fails: ['acme'] })).toEqual({ took: ['birch b'], outcome: 'JOURNAL_UNAVAILABLE' })
})

test('a kind that is not known refuses a request only where nothing else is in it', async () => {
  const strange = { id: 's', portal: '1', type: 'unheard' }
  expect(await sent(both, [strange])).toEqual({ took: [], outcome: 'EVENT_UNKNOWN' })
  expect(await sent(both, [strange, { id: 'b', portal: '2' }])).toEqual({ took: ['birch b'], outcome: 200 })
})

test('each account keeps a place of its own beside it', () => {
  const context = { engine: { accept: () => Promise.reject(new Error('none')) }, tenant: 'default' }
  const hooks = createHooks(app, { all: both }, { ...context, clock: systemClock, log: silentLog })
  expect(hooks.all.map(({ path }) => path)).toEqual(['/hooks/crm', '/hooks/crm/acme/main', '/hooks/crm/birch/main'])
})
