import { describe, expect, test } from 'vitest'
import { systemClock } from '../base/clock.ts'
import { Secret } from '../base/secret.ts'
import { defineApp, defineConnection, fromEnvironment } from '../definition/app.ts'
import { bearer, noAuth } from '../definition/auth.ts'
import { defineConnector, type Connector } from '../definition/connector.ts'
import { timestampedHmac } from '../definition/verifier.ts'
import { authenticate } from './authentication.ts'
import { parseBaseUrl } from './base-url.ts'
import { createConnections, type ResolvedConnection } from './connection.ts'
import { resolveFromApp } from './from-app.ts'

const stripe = defineConnector('stripe', {
  baseUrl: 'https://api.stripe.example/v1',
  auth: bearer('key', 'Key'),
  operations: {},
  webhooks: { verify: timestampedHmac({ header: 'x', field: 'hookSecret' }), read: () => [] },
}) as unknown as Connector
const erp = defineConnector('erp', {
  baseUrl: 'https://erp.example',
  auth: noAuth(),
  operations: {},
}) as unknown as Connector

const connection = (over: Partial<ResolvedConnection> = {}): ResolvedConnection => ({
  tenant: 'default',
  connector: stripe,
  name: 'main',
  baseUrl: 'https://api.stripe.example/v1',
  credentials: { key: new Secret('sk_canary') },
  simulated: false,
  ...over,
})

const code = (wanted: string, ...texts: string[]) =>
  expect.objectContaining({ code: wanted, message: texts.length === 0 ? expect.any(String) : expect.stringMatching(new RegExp(texts.join('.*'))) }) // prettier-ignore

describe('finding a connection', () => {
  test("by name, or the tenant's only one", async () => {
    const [one, other] = [connection(), connection({ tenant: 'other', name: 'eu' })]
    const connections = await createConnections({ connections: [one, other] })
    expect(connections.resolve('default', 'stripe', 'main')).toBe(one)
    expect(connections.resolve('default', 'stripe', null)).toBe(one)
    expect(connections.resolve('other', 'stripe', null)).toBe(other)
    expect(connections.all).toEqual([one, other])
  })

  test('SEC-09: never that of another tenant', async () => {
    const connections = await createConnections({ connections: [connection({ tenant: 'other' })] })
    expect(() => connections.resolve('default', 'stripe', 'main')).toThrow(code('CONNECTION_MISSING'))
    expect(() => connections.resolve('default', 'stripe', null)).toThrow(code('CONNECTION_MISSING'))
  })

  test('errors name the remedy', async () => {
    const connections = await createConnections({
      connections: [connection({ name: 'eu' }), connection({ name: 'us' })],
    })
    expect(() => connections.resolve('default', 'erp', null)).toThrow(
      code('CONNECTION_MISSING', 'defineConnection\\(erp'),
    )
    expect(() => connections.resolve('default', 'stripe', 'uk')).toThrow(code('CONNECTION_MISSING', 'eu, us'))
    expect(() => connections.resolve('default', 'stripe', null)).toThrow(
      code('CONNECTION_MISSING', 'eu, us', "connection\\('eu'\\)"),
    )
  })

  test.each(['__proto__', 'constructor', ''])('SEC-05: nothing is found under %j', async (name) => {
    const connections = await createConnections({ connections: [connection()] })
    expect(() => connections.resolve('default', 'stripe', name)).toThrow(code('CONNECTION_MISSING'))
    expect(() => connections.resolve(name, name, null)).toThrow(code('CONNECTION_MISSING'))
  })

  test('a name given twice is refused', async () => {
    await expect(createConnections({ connections: [connection(), connection()] })).rejects.toThrow(
      code('APP_INVALID', 'stripe/main'),
    )
  })

  test.each(['../none', './none', 'none.ts', 'None', 'unheard-of', '', 'none/../none', 'node:fs', '-', 'toString'])(
    'SEC-01: the auth scheme %j is not looked for outside its folder',
    async (scheme) => {
      const strange = {
        ...stripe,
        options: { ...stripe.options, auth: { scheme, fields: {}, settings: null } },
      } as Connector
      await expect(createConnections({ connections: [connection({ connector: strange })] })).rejects.toThrow(
        code('APP_INVALID', 'auth scheme'),
      )
    },
  )
})

describe('from the app and the environment', () => {
  const app = defineApp({
    flows: [],
    connections: [
      defineConnection(stripe, {
        credentials: { key: fromEnvironment('STRIPE_KEY'), hookSecret: fromEnvironment('STRIPE_HOOK') },
      }),
    ],
  })

  test('credentials are read and wrapped', () => {
    const [resolved, ...more] = resolveFromApp(app, { STRIPE_KEY: 'sk_canary', STRIPE_HOOK: 'wh' })
    expect(more).toEqual([])
    expect(resolved).toMatchObject({
      tenant: 'default',
      name: 'main',
      baseUrl: 'https://api.stripe.example/v1',
      simulated: false,
    })
    expect(resolved?.credentials['key']?.reveal()).toBe('sk_canary')
    expect(JSON.stringify(resolved)).not.toContain('canary')
  })

  test.each([{ STRIPE_HOOK: 'wh' }, { STRIPE_KEY: '', STRIPE_HOOK: 'wh' }])(
    'a missing variable is named, with its connection',
    (environment) => {
      expect(() => resolveFromApp(app, environment)).toThrow(code('APP_INVALID', 'stripe/main', 'STRIPE_KEY'))
    },
  )

  test('a missing or strange credential is named', () => {
    const of = (credentials: Record<string, ReturnType<typeof fromEnvironment>>) =>
      defineApp({ flows: [], connections: [defineConnection(stripe, { credentials })] })
    expect(() => resolveFromApp(of({}), {})).toThrow(code('APP_INVALID', 'stripe/main', 'key'))
    expect(() =>
      resolveFromApp(of({ key: fromEnvironment('A'), kye: fromEnvironment('B') }), { A: '1', B: '2' }),
    ).toThrow(code('APP_INVALID', 'kye'))
  })

  test('a simulator stands in where there is no connection, and nowhere else', () => {
    const simulated = [
      { connector: stripe, baseUrl: 'http://127.0.0.1:4501', credentials: { key: 'made up' } },
      { connector: erp, baseUrl: 'http://127.0.0.1:4502', credentials: {} },
    ]
    const resolved = resolveFromApp(app, { STRIPE_KEY: 'a', STRIPE_HOOK: 'b' }, simulated)
    expect(resolved.map(({ connector, baseUrl, simulated }) => [connector.name, baseUrl, simulated])).toEqual([
      ['stripe', 'https://api.stripe.example/v1', false],
      ['erp', 'http://127.0.0.1:4502', true],
    ])
  })
})

describe('base URLs', () => {
  test.each([
    ['https://api.example.com', 'https://api.example.com', ''],
    ['https://api.example.com/v1/', 'https://api.example.com', '/v1'],
    ['http://[::1]:4501/a/../b//', 'http://[::1]:4501', '/b'],
    ['HTTPS://API.EXAMPLE.COM:443/V1', 'https://api.example.com', '/V1'],
  ])('%s', (text, origin, path) => {
    expect(parseBaseUrl(text, 'x')).toEqual({ origin, path })
  })

  test.each([
    '',
    'api.example.com',
    'file:///etc',
    'ftp://a',
    'https://user:canary@a',
    'https://a/?key=canary',
    'https://a/#x',
    'unix:/x',
  ])('%j is refused, and a secret in it not shown', (text) => {
    expect(() => parseBaseUrl(text, 'connection x')).toThrow(code('APP_INVALID', 'connection x'))
    expect(() => parseBaseUrl(text, 'connection x')).not.toThrow(/canary/)
  })
})

describe('EGR-07: credentials go to the origin of their connection only', () => {
  const send = () => Promise.reject(new Error('not used'))

  test.each([
    'https://evil.example',
    'http://api.stripe.example',
    'https://api.stripe.example:8443',
    'https://api.stripe.example.evil.example',
    'https://stripe.example',
  ])('not to %s', async (origin) => {
    const connections = await createConnections({ connections: [connection()] })
    const own = connections.resolve('default', 'stripe', null)
    const authentication = authenticate({
      connection: own,
      scheme: connections.schemeOf(own),
      clock: systemClock,
      send,
      fetch,
    })
    const headers: string[] = []
    expect(() => authentication.apply({ method: 'GET', origin, path: '/', headers, body: null })).toThrow(
      code('ADDRESS_REFUSED', 'https://api.stripe.example'),
    )
    expect(headers).toEqual([])
    void authentication.apply({ method: 'GET', origin: 'https://api.stripe.example', path: '/', headers, body: null })
    expect(headers).toEqual(['authorization', 'Bearer sk_canary'])
  })
})
