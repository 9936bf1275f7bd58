import { defineApp, defineFlow, manual } from 'tenon'
import { testApp } from 'tenon/testing'
import { describe, expect, test } from 'vitest'
import { z } from 'zod'
import { readFailure } from './failure.ts'
import { readEvents } from './events.ts'
import { hubspot } from './hubspot.ts'
import { hubspotSimulator } from './simulator.ts'

const welcome = defineFlow('welcome', {
  trigger: hubspot.on('contact.creation'),
  uses: { hubspot },
  async run({ event, hubspot: crm }) {
    const contact = await crm.getContact({ id: event.data.objectId, properties: ['firstname', 'email'] })
    const ticket = await crm.createTicket({
      properties: { subject: `Call ${contact.properties['firstname']}`, hs_pipeline_stage: '1' },
    })
    await crm.associate({ fromType: 'tickets', fromId: ticket.id, toType: 'contacts', toId: contact.id })
    return ticket.id
  },
})

const signUp = defineFlow('sign-up', {
  trigger: manual(z.object({ email: z.string() })),
  uses: { hubspot },
  run: async ({ event, hubspot: crm }) =>
    (await crm.createContact({ properties: { email: event.data.email, firstname: 'Asha' } })).id,
})

const app = defineApp({ flows: [welcome, signUp], simulators: [hubspotSimulator] })

describe('a flow with HubSpot', () => {
  test('needs no browser in a test: an account is connected, and its events are genuine', async () => {
    await using under = await testApp(app)
    await under.simulator('hubspot').emit('contact.creation', { properties: { firstname: 'Meera' } })
    expect(await under.run()).toMatchObject({ status: 'completed' })
    const { tickets, associations } = under.simulator('hubspot').state()
    expect(tickets).toMatchObject([{ properties: { subject: 'Call Meera' } }])
    expect(associations).toHaveLength(2)
  })

  test('AUT-04: tokens that end are renewed by the way, also over a crash', async () => {
    await using under = await testApp(app)
    under.simulator('hubspot').faults.revokeTokens()
    await under.simulator('hubspot').emit('contact.creation')
    await under.advance('31m')
    await under.crash()
    await under.simulator('hubspot').emit('contact.creation')
    expect((await under.runs()).map(({ status }) => status)).toEqual(['completed', 'completed'])
  })

  test('an account that was taken back at HubSpot, in its own words, needs a person', async () => {
    await using under = await testApp(app)
    under.simulator('hubspot').faults.set({ kind: 'token-expired', of: 'getContact' })
    under.simulator('hubspot').faults.set({ kind: 'credentials-revoked', of: 'token' })
    await under.simulator('hubspot').emit('contact.creation')
    expect(await under.run()).toMatchObject({ status: 'failed', code: 'AUTHORISATION_LOST' })
  })

  test('a contact whose answer was lost is found by its address, and not made twice', async () => {
    await using under = await testApp(app)
    under.simulator('hubspot').faults.set({ kind: 'drop', of: 'createContact' })
    await under.start(signUp, { email: 'Asha@Example.com' })
    await under.advance('1m')
    const [contact, ...more] = under.simulator('hubspot').state()['contacts'] ?? []
    expect(more).toEqual([])
    expect(await under.run(await firstRun(under))).toMatchObject({
      status: 'completed',
      output: (contact as { id: string }).id,
    })
  })

  test('a contact that was there before, with other values, is no answer that was lost', async () => {
    await using under = await testApp(app)
    await under.simulator('hubspot').emit('contact.creation', {
      properties: { email: 'asha@example.com', firstname: 'Another' },
    })
    under.simulator('hubspot').faults.set({ kind: 'reset', of: 'createContact' })
    await under.start(signUp, { email: 'asha@example.com' })
    await under.advance('1m')
    expect(await under.run(await firstRun(under))).toMatchObject({ status: 'failed', code: 'UPSTREAM_REFUSED' })
  })

  test('a limit that is reached is waited for', async () => {
    await using under = await testApp(app)
    under.simulator('hubspot').faults.set({ kind: 'rate-limit', of: 'createContact', next: 2 })
    await under.start(signUp, { email: 'asha@example.com' })
    expect(await under.run(await firstRun(under))).toMatchObject({ status: 'waiting' })
    await under.advance('5m')
    expect(await under.run(await firstRun(under))).toMatchObject({ status: 'completed' })
  })
})

async function firstRun(under: { runs(flow: 'sign-up'): Promise<readonly { readonly run: string }[]> }) {
  return (await under.runs('sign-up'))[0]?.run ?? ''
}

test('events that share an eventId are told apart, and come in one request', () => {
  const one = {
    eventId: 1,
    subscriptionId: 12_345,
    portalId: 62_515,
    occurredAt: 1_564_113_600_000,
    subscriptionType: 'contact.creation',
    attemptNumber: 0,
    objectId: 123,
    appId: 54_321,
  }
  const linked = { ...one, objectId: undefined, fromObjectId: 123, toObjectId: 7 }
  const events = readEvents([
    one,
    { ...one, objectId: 124 },
    { ...linked, subscriptionType: 'contact.associationChange' },
  ])
  expect(events.map(({ id }) => id)).toEqual([
    '1-12345-1564113600000-123',
    '1-12345-1564113600000-124',
    '1-12345-1564113600000-123-7',
  ])
  // Tried again, it is the same event.
  expect(readEvents([{ ...one, attemptNumber: 3 }])[0]?.id).toBe(events[0]?.id)
})

test.each([
  [429, { policyName: 'TEN_SECONDLY_ROLLING', errorType: 'RATE_LIMIT' }, { retryAfterMs: 10_000 }],
  [429, { policyName: 'SECONDLY', errorType: 'RATE_LIMIT' }, { retryAfterMs: 1000 }],
  [429, { policyName: 'DAILY', errorType: 'RATE_LIMIT' }, { retryAfterMs: 3_600_000 }],
  [477, { message: 'being moved' }, { retryable: true }],
  [423, { message: 'locked' }, { retryable: true }],
  [409, { category: 'CONFLICT' }, { code: 'CONFLICT' }],
])('%d %j means %j', (status, body, meaning) => {
  expect(readFailure({ status, headers: {}, body })).toMatchObject(meaning)
})

test('a success and a partial one are no failures', () => {
  expect([200, 201, 204, 207].map((status) => readFailure({ status, headers: {}, body: {} }))).toEqual([
    null,
    null,
    null,
    null,
  ])
})
