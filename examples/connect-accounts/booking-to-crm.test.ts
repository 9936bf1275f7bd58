import { testApp } from 'tenon/testing'
import { expect, test } from 'vitest'
import easel from './app.ts'
import { bookingToCrm } from './booking-to-crm.ts'
import { followUp } from './follow-up.ts'

const booking = {
  number: 'B-1001',
  course: 'Throwing bowls',
  price: 120,
  guest: { name: 'Asha Rao', email: 'asha@example.com' },
}

const none = { run: '', status: '', code: '' }

test('a booking becomes a contact and a deal, and belongs to both', async () => {
  await using app = await testApp(easel)

  await app.start(bookingToCrm, booking)

  expect(await app.runs(bookingToCrm)).toMatchObject([{ status: 'completed' }])
  const { contacts, deals, associations } = app.simulator('hubspot').state()
  expect(contacts).toMatchObject([{ properties: { email: 'asha@example.com', firstname: 'Asha', lastname: 'Rao' } }])
  expect(deals).toMatchObject([{ properties: { dealname: 'Throwing bowls (B-1001)', amount: '120' } }])
  expect(associations).toHaveLength(2)
})

test('a guest who comes again is the same contact', async () => {
  await using app = await testApp(easel)

  await app.start(bookingToCrm, booking)
  await app.start(bookingToCrm, { ...booking, number: 'B-1002' })

  const { contacts, deals } = app.simulator('hubspot').state()
  expect([contacts?.length, deals?.length]).toEqual([1, 2])
})

test('a contact whose answer was lost is written again; a deal is not, without a person', async () => {
  await using app = await testApp(easel)
  app.simulator('hubspot').faults.set({ kind: 'drop', of: 'upsertContacts' })
  app.simulator('hubspot').faults.set({ kind: 'drop', of: 'createDeal' })

  await app.start(bookingToCrm, booking)
  await app.advance('1m')

  const [{ run, status, code } = none] = await app.runs(bookingToCrm)
  expect({ status, code }).toEqual({ status: 'parked', code: 'OUTCOME_UNKNOWN' })
  const [deal] = app.simulator('hubspot').state()['deals'] ?? []
  await app.decide(run, 'hubspot.createDeal', 'happened', deal)
  expect(await app.run(run)).toMatchObject({ status: 'completed' })
  expect(app.simulator('hubspot').effects('createDeal')).toHaveLength(1)
})

test('a studio that took HubSpot back is asked again, and its bookings go on from there', async () => {
  await using app = await testApp(easel)
  app.simulator('hubspot').faults.revokeTokens()
  app.simulator('hubspot').faults.set({ kind: 'credentials-revoked', of: 'token', next: 1 })

  await app.start(bookingToCrm, booking)

  const [{ run, status, code } = none] = await app.runs(bookingToCrm)
  expect({ status, code }).toEqual({ status: 'failed', code: 'AUTHORISATION_LOST' })
  await app.advance('1h')
  await app.retry(run)
  expect(await app.run(run)).toMatchObject({ status: 'completed' })
})

test('somebody whom the studio writes down is to be invited, and a guest is not', async () => {
  await using app = await testApp(easel)

  await app.simulator('hubspot').emit('contact.creation', { properties: { firstname: 'Zoë' } })
  await app.start(bookingToCrm, booking)

  expect((await app.runs(followUp)).map(({ output }) => output)).toEqual([expect.stringMatching(/^\d+$/), 'our own'])
  expect(app.simulator('hubspot').state()['tickets']).toMatchObject([
    { properties: { subject: 'Invite Zoë to a course' } },
  ])
})
