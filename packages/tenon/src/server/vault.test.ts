import { expect, test } from 'vitest'
import { Secret } from '../base/secret.ts'
import { asJson, authorised, expectProblem, start } from './server.fixture.ts'

const place = { tenant: 'acme', connection: 'stripe/main', field: 'apiKey', version: 1 }
const secret = new Secret('sk_live_canary_5d1')

test('DAT-03: the status says whether secrets can be opened, and never a key', async () => {
  const { ask, vault } = await start()
  const status = async (): Promise<unknown> => (await ask('/api/v1/vault', { headers: authorised })).json()
  expect(await status()).toMatchObject({ state: 'empty', source: 'TENON_MASTER_KEY', masterKey: null, dataKeys: [] })
  await vault.seal(place, secret)
  expect(await status()).toMatchObject({
    state: 'open',
    masterKey: expect.any(String) as string,
    dataKeys: [{ count: 2 }],
  })
})

test('DAT-05: a tenant is erased by who names it twice', async () => {
  const { ask, vault, store } = await start()
  const sealed = await vault.seal(place, secret)
  const erase = (tenant: string, confirm: string): Promise<Response> =>
    ask(`/api/v1/vault/tenants/${tenant}/erase`, { method: 'POST', headers: asJson, body: JSON.stringify({ confirm }) })
  await expectProblem(await erase('acme', 'acne'), 400, 'INPUT_INVALID')
  await expectProblem(await erase('@vault', '@vault'), 403, 'FORBIDDEN')
  expect((await vault.open(place, sealed)).reveal()).toBe(secret.reveal())
  expect(await (await erase('acme', 'acme')).json()).toEqual({ tenant: 'acme' })
  await expect(vault.open(place, sealed)).rejects.toMatchObject({ code: 'SECRET_UNREADABLE' })
  expect(await store.audit({ tenant: 'acme', limit: 9 })).toMatchObject([
    { action: 'tenant.erased', by: 'operator', from: '127.0.0.1' },
  ])
})

test('DAT-02: where the master key is made elsewhere, a rotation says how, and nothing has changed', async () => {
  const { ask, vault } = await start()
  const rotate = (): Promise<Response> =>
    ask('/api/v1/vault/rotations', { method: 'POST', headers: asJson, body: '{}' })
  await expectProblem(await rotate(), 404, 'NOT_FOUND')
  await vault.seal(place, secret)
  const before = await vault.status()
  await expectProblem(await rotate(), 403, 'FORBIDDEN')
  expect(await vault.status()).toEqual(before)
})

test('SEC-09: a person who signed in erases no other tenant', async () => {
  const { ask, signIn } = await start()
  const headers = { ...(await signIn()), 'content-type': 'application/json' }
  const body = JSON.stringify({ confirm: 'acme' })
  await expectProblem(
    await ask('/api/v1/vault/tenants/acme/erase', { method: 'POST', headers, body }),
    404,
    'NOT_FOUND',
  )
})
