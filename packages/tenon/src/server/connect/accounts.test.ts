import { afterEach, beforeEach, expect, test } from 'vitest'
import { authorised } from '../server.fixture.ts'
import { stage, type Stage } from './connecting.fixture.ts'

let at: Stage
beforeEach(async () => {
  at = await stage()
})
afterEach(() => at.provider.close())

test('AUT-06: a credential that no request can carry is refused by its field, as input and without its value', async () => {
  const mia = await at.signIn('mia')
  const fields = { certificate: 'canary-1', privateKey: 'canary-2' }
  const answer = await at.ask('PUT', '/api/v1/connections/bank/main', { as: mia, body: { fields } })
  expect(answer.status).toBe(400)
  expect(JSON.parse(answer.text)).toMatchObject({
    code: 'INPUT_INVALID',
    detail: expect.stringContaining('certificate'),
  })
  expect(answer.text).not.toContain('canary')
  expect(at.kept.size).toBe(0)
})

test('OBS-06: who tried which account, whose it is, and what came of it', async () => {
  const mia = await at.signIn('mia')
  await at.ask('PUT', '/api/v1/connections/pay/eu?tenant=acme', { as: authorised, body: { fields: { apiKey: 'k' } } })
  expect((await at.ask('POST', '/api/v1/connections/pay/eu/test?tenant=acme', { as: authorised })).status).toBe(200)
  expect((await at.ask('POST', '/api/v1/connections/pay/eu/test', { as: mia })).status).toBe(404)
  const tried = async (tenant: string): Promise<unknown> =>
    (await at.harness.store.audit({ tenant, limit: 10 })).filter(({ action }) => action === 'connection.tested')
  const entry = { subject: 'pay/eu', from: '127.0.0.1' }
  expect(await tried('acme')).toMatchObject([
    { ...entry, by: 'operator', outcome: 'done', details: { outcome: 'untested' } },
  ])
  expect(await tried('default')).toMatchObject([
    { ...entry, by: 'mia', outcome: 'failed', details: { code: 'NOT_FOUND' } },
  ])
})
