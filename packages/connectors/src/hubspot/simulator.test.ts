import { Client } from '@hubspot/api-client'
import { FilterOperatorEnum } from '@hubspot/api-client/lib/codegen/crm/contacts/models/Filter.js'
import { startSimulator, type RunningSimulator, type SimulatorOptions } from 'tenon/simulator'
import { afterEach, expect, test } from 'vitest'
import { virtualClock, type VirtualClock } from '../../../tenon/src/testing/virtual-clock.ts'
import { hubspotSimulator } from './simulator.ts'

// Driven by the official package, in virtual time.

const closing: (() => unknown)[] = []
afterEach(async () => {
  for (const close of closing.splice(0)) await close()
})

interface Bench {
  readonly simulator: RunningSimulator
  readonly clock: VirtualClock
  readonly client: Client
}

async function bench(options: SimulatorOptions = {}): Promise<Bench> {
  const clock = virtualClock({ startMs: Date.UTC(2026, 4, 4) })
  const simulator = await startSimulator(hubspotSimulator, { clock, ...options })
  closing.push(() => simulator.close())
  return { simulator, clock, client: clientOf(simulator, simulator.consent()?.access ?? '') }
}

function clientOf({ origin }: RunningSimulator, accessToken: string): Client {
  return new Client({ accessToken, basePath: origin, numberOfApiCallRetries: 0, limiterOptions: { minTime: 0 } })
}

interface Failed {
  readonly code: number
  readonly body: { readonly category?: string; readonly message: string; readonly policyName?: string }
}

async function failing(call: Promise<unknown>): Promise<Failed> {
  try {
    await call
  } catch (error) {
    const { code, body } = error as { code: number; body: Failed['body'] | string }
    return { code, body: typeof body === 'string' ? (JSON.parse(body) as Failed['body']) : body }
  }
  throw new Error('the call was expected to fail')
}

const none = { associations: [] }
const asha = { properties: { email: 'Asha.Rao@Example.com', firstname: 'Asha', lastname: 'Rao' }, ...none }

test('a contact is made, read by id and by address, changed, and put into the bin', async () => {
  const { client } = await bench()
  const { basicApi } = client.crm.contacts
  const made = await basicApi.create(asha)
  expect(made.properties).toMatchObject({ email: 'asha.rao@example.com', lifecyclestage: 'lead' })
  expect(made.createdAt).toEqual(new Date(Date.UTC(2026, 4, 4)))

  const found = await basicApi.getById('asha.rao@example.com', ['email', 'phone'], undefined, undefined, false, 'email')
  expect(found).toMatchObject({ id: made.id, properties: { email: 'asha.rao@example.com', phone: null } })

  await basicApi.update(made.id, { properties: { phone: '+91 98' } })
  expect((await basicApi.getById(made.id, ['phone'])).properties['phone']).toBe('+91 98')

  await basicApi.archive(made.id)
  await basicApi.archive(made.id)
  expect(await failing(basicApi.getById(made.id))).toMatchObject({ code: 404, body: { category: 'OBJECT_NOT_FOUND' } })
  expect(await basicApi.getById(made.id, undefined, undefined, undefined, true)).toMatchObject({ archived: true })
  // Its address is free again.
  expect((await basicApi.create(asha)).id).not.toBe(made.id)
})

test('what HubSpot does not take is refused in its words', async () => {
  const { client } = await bench()
  const { basicApi } = client.crm.contacts
  const made = await basicApi.create(asha)
  expect(await failing(basicApi.create(asha))).toMatchObject({
    code: 409,
    body: { category: 'CONFLICT', message: `Contact already exists. Existing ID: ${made.id}` },
  })
  const wrong = { email: 'nobody', colour: 'red', lifecyclestage: 'friend', createdate: '1' }
  const { code, body } = await failing(basicApi.create({ properties: wrong, ...none }))
  expect({ code, category: body.category }).toEqual({ code: 400, category: 'VALIDATION_ERROR' })
  for (const word of ['INVALID_EMAIL', 'PROPERTY_DOESNT_EXIST', 'INVALID_OPTION', 'READ_ONLY_VALUE'])
    expect(body.message).toContain(word)
  const deal = { properties: { dealname: 'Trays', amount: 'many' }, ...none }
  expect((await failing(client.crm.deals.basicApi.create(deal))).body.message).toContain('INVALID_DOUBLE')
  expect((await failing(basicApi.getById('Asha', undefined, undefined, undefined, false, 'firstname'))).code).toBe(400)
})

test('a list goes on after the last one, page by page', async () => {
  const { client } = await bench()
  const { basicApi } = client.crm.companies
  for (const name of ['a', 'b', 'c', 'd', 'e']) await basicApi.create({ properties: { name }, ...none })
  const names: (string | null | undefined)[] = []
  let after: string | undefined
  do {
    const page = await basicApi.getPage(2, after, ['name'])
    names.push(...page.results.map(({ properties }) => properties['name']))
    after = page.paging?.next?.after
  } while (after !== undefined)
  expect(names).toEqual(['a', 'b', 'c', 'd', 'e'])
})

test('a search finds by filters and words, a moment late, and never beyond 10,000', async () => {
  const { client, clock } = await bench({ limits: false })
  const { basicApi, searchApi } = client.crm.contacts
  for (const [firstname, city] of [
    ['Asha', 'Kochi'],
    ['Vikram', 'Pune'],
    ['Meera', 'Kochi'],
  ] as const)
    await basicApi.create({ properties: { firstname, city, email: `${firstname}@example.com` }, ...none })
  const find = async (more: object) => {
    const { total, results } = await searchApi.doSearch({ properties: ['firstname'], limit: 10, ...more })
    return { total, names: results.map(({ properties }) => properties['firstname']) }
  }
  const filter = (propertyName: string, operator: FilterOperatorEnum, value?: string) => ({
    filterGroups: [{ filters: [{ propertyName, operator, ...(value !== undefined && { value }) }] }],
  })
  expect(await find({ query: 'asha' })).toEqual({ total: 0, names: [] })
  await clock.advance(2000)
  expect(await find({ query: 'asha' })).toEqual({ total: 1, names: ['Asha'] })
  expect(await find(filter('city', FilterOperatorEnum.Eq, 'kochi'))).toMatchObject({ names: ['Asha', 'Meera'] })
  expect(await find(filter('email', FilterOperatorEnum.ContainsToken, 'vik*'))).toMatchObject({ names: ['Vikram'] })
  expect(await find(filter('phone', FilterOperatorEnum.NotHasProperty))).toMatchObject({ total: 3 })
  expect(await find({ ...filter('createdate', FilterOperatorEnum.Lt, '1000') })).toMatchObject({ total: 0 })
  expect(await find({ sorts: ['firstname'] })).toMatchObject({ names: ['Asha', 'Meera', 'Vikram'] })
  expect((await failing(searchApi.doSearch({ limit: 100, after: '9950' }))).code).toBe(400)
  expect((await failing(searchApi.doSearch(filter('colour', FilterOperatorEnum.Eq, 'red')))).code).toBe(400)
})

test('an upsert makes and changes, and says which of a batch came to nothing', async () => {
  const { client } = await bench()
  const { batchApi } = client.crm.contacts
  const input = (id: string, properties: Record<string, string>) => ({ id, idProperty: 'email', properties })
  const first = await batchApi.upsert({ inputs: [input('asha@example.com', { firstname: 'Asha' })] })
  expect(first.results).toMatchObject([{ properties: { firstname: 'Asha', email: 'asha@example.com' } }])
  const second = await batchApi.upsert({
    inputs: [
      input('asha@example.com', { firstname: 'Asha R.' }),
      input('meera@example.com', { firstname: 'Meera' }),
      input('zoe@example.com', { lifecyclestage: 'friend' }),
    ],
  })
  expect(second).toMatchObject({ numErrors: 1, errors: [{ context: { ids: ['zoe@example.com'] } }] })
  expect(second.results.map(({ id }) => id)).toEqual([first.results[0]?.id, expect.any(String)])
  const read = await batchApi.read({
    inputs: [{ id: 'asha@example.com' }, { id: 'nobody@example.com' }],
    idProperty: 'email',
    properties: ['firstname'],
    propertiesWithHistory: [],
  })
  expect(read.results.map(({ properties }) => properties['firstname'])).toEqual(['Asha R.'])
  expect(read).toMatchObject({ errors: [{ category: 'OBJECT_NOT_FOUND' }] })
  const twice = [input('a@example.com', {}), input('A@example.com', {})]
  expect((await failing(batchApi.upsert({ inputs: twice }))).code).toBe(400)
})

test('records are associated both ways, with and without a label', async () => {
  const { client } = await bench()
  const { contacts, companies, associations } = client.crm
  const company = await companies.basicApi.create({ properties: { name: 'Joinery' }, ...none })
  const contact = await contacts.basicApi.create({
    ...asha,
    associations: [
      {
        to: { id: company.id },
        types: [{ associationCategory: 'HUBSPOT_DEFINED' as never, associationTypeId: 279 }],
      },
    ],
  })
  const basicApi = associations.v4.basicApi
  const labels = [{ associationCategory: 'HUBSPOT_DEFINED' as never, associationTypeId: 1 }]
  expect(await basicApi.create('contacts', contact.id, 'companies', company.id, labels)).toMatchObject({
    labels: ['Primary'],
  })
  const back = await basicApi.getPage('companies', company.id, 'contacts')
  expect(back.results).toMatchObject([
    { toObjectId: Number(contact.id), associationTypes: [{ typeId: 280 }, { typeId: 2, label: 'Primary' }] },
  ])
  const shown = await contacts.basicApi.getById(contact.id, undefined, undefined, ['companies'])
  expect(shown.associations?.['companies']?.results).toHaveLength(2)
  await basicApi.archive('contacts', contact.id, 'companies', company.id)
  expect((await basicApi.getPage('contacts', contact.id, 'companies')).results).toEqual([])
  await basicApi.createDefault('contacts', contact.id, 'companies', company.id)
  await companies.basicApi.archive(company.id)
  expect((await basicApi.getPage('contacts', contact.id, 'companies')).results).toEqual([])
})

test('an account defines a property of its own, and what is unique there is found by it', async () => {
  const { client } = await bench()
  const { properties, deals } = client.crm
  const order = {
    name: 'order_number',
    label: 'Order',
    type: 'string',
    fieldType: 'text',
    groupName: 'dealinformation',
  }
  await properties.coreApi.create('deals', { ...order, hasUniqueValue: true } as never)
  expect((await failing(properties.coreApi.create('deals', order as never))).code).toBe(409)
  const input = { id: 'SO-1001', idProperty: 'order_number', properties: { dealname: 'Trays' } }
  const [made] = (await deals.batchApi.upsert({ inputs: [input] })).results
  const found = await deals.basicApi.getById('SO-1001', undefined, undefined, undefined, false, 'order_number')
  expect(found.id).toBe(made?.id)
  expect((await client.crm.pipelines.pipelinesApi.getAll('deals')).results[0]?.stages).toHaveLength(6)
  expect((await client.crm.owners.ownersApi.getPage()).results).toHaveLength(2)
})

test('what two customers connect stays apart', async () => {
  const { simulator, client } = await bench()
  const other = clientOf(simulator, await consentFor(simulator, '1002'))
  const { id } = await client.crm.contacts.basicApi.create(asha)
  expect((await failing(other.crm.contacts.basicApi.getById(id))).code).toBe(404)
  expect((await other.crm.contacts.basicApi.getPage()).results).toEqual([])
  // The same address may be in both.
  await other.crm.contacts.basicApi.create(asha)
  const details = await (await other.apiRequest({ path: '/account-info/v3/details' })).json()
  expect(details).toMatchObject({ portalId: 1002 })
})

test('its token endpoint speaks the official package’s dialect, and refuses in words of its own', async () => {
  const { simulator, clock } = await bench()
  const anonymous = clientOf(simulator, '')
  const { clientId = '', clientSecret = '' } = simulator.credentials
  const ask = (refresh: string, secret = clientSecret) =>
    anonymous.oauth.tokensApi.create('refresh_token', undefined, undefined, clientId, secret, refresh)
  const { refresh } = simulator.consent() ?? {}
  const first = await ask(refresh ?? '')
  expect(first).toMatchObject({ expiresIn: 1800, tokenType: 'bearer' })
  await clock.advance(1_800_000)
  const late = await failing(clientOf(simulator, first.accessToken).crm.contacts.basicApi.getPage())
  expect(late).toMatchObject({ code: 401, body: { category: 'EXPIRED_AUTHENTICATION' } })
  // The refresh token stays good.
  expect((await ask(refresh ?? '')).accessToken).not.toBe(first.accessToken)
  expect(await failing(ask('nonsense'))).toMatchObject({ code: 400, body: { status: 'BAD_REFRESH_TOKEN' } })
  expect(await failing(ask(refresh ?? '', 'x'))).toMatchObject({ code: 400, body: { status: 'BAD_CLIENT_SECRET' } })
})

test('its limits hold, and are told by its headers and policies', async () => {
  const { simulator, client, clock } = await bench()
  const token = simulator.consent()?.access ?? ''
  const list = () =>
    fetch(`${simulator.baseUrl}/crm/v3/objects/contacts`, { headers: { authorization: `Bearer ${token}` } })
  const first = await list()
  expect(Object.fromEntries(first.headers)).toMatchObject({
    'x-hubspot-ratelimit-max': '110',
    'x-hubspot-ratelimit-remaining': '109',
    'x-hubspot-ratelimit-interval-milliseconds': '10000',
    'x-hubspot-ratelimit-daily-remaining': '249999',
  })
  for (let sent = 1; sent < 110; sent += 1) expect((await list()).status).toBe(200)
  expect(await (await list()).json()).toMatchObject({ errorType: 'RATE_LIMIT', policyName: 'TEN_SECONDLY_ROLLING' })
  // Searches are counted by themselves.
  const { searchApi } = client.crm.contacts
  for (let sent = 0; sent < 5; sent += 1) await searchApi.doSearch({ limit: 1 })
  expect(await failing(searchApi.doSearch({ limit: 1 }))).toMatchObject({ code: 429, body: { policyName: 'SECONDLY' } })
  await clock.advance(10_000)
  expect((await list()).status).toBe(200)
})

/** As a person does it in a browser, who chooses that account. */
async function consentFor({ origin, credentials }: RunningSimulator, account: string): Promise<string> {
  const { clientId = '', clientSecret = '' } = credentials
  const redirectUri = 'http://127.0.0.1:9/connect/callback'
  const verifier = 'v'.repeat(43)
  const challenge = Buffer.from(await crypto.subtle.digest('SHA-256', Buffer.from(verifier))).toString('base64url')
  const query = new URLSearchParams({
    response_type: 'code',
    client_id: clientId,
    redirect_uri: redirectUri,
    code_challenge: challenge,
    code_challenge_method: 'S256',
  })
  const page = await (await fetch(`${origin}/oauth/authorize?${query.toString()}`)).text()
  const consent = /name="consent" value="(\w+)"/.exec(page)?.[1] ?? ''
  const decided = await fetch(`${origin}/oauth/authorize`, {
    method: 'POST',
    body: new URLSearchParams({ consent, account, decision: 'allow' }),
    redirect: 'manual',
  })
  const code = new URL(decided.headers.get('location') ?? '').searchParams.get('code') ?? ''
  const grant = { grant_type: 'authorization_code', code, redirect_uri: redirectUri, code_verifier: verifier }
  const answer = await fetch(`${origin}/oauth/v1/token`, {
    method: 'POST',
    body: new URLSearchParams({ ...grant, client_id: clientId, client_secret: clientSecret }),
  })
  return ((await answer.json()) as { access_token: string }).access_token
}
