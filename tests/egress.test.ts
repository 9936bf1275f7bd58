// EGR-07: whatever is written where an address could be made of it, the credential goes to its own host, and nowhere else.
import { TenonError, type Connector } from 'tenon'
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { systemClock } from '../packages/tenon/src/base/clock.ts'
import { Secret } from '../packages/tenon/src/base/secret.ts'
import { createClient, type CallAnswer, type OpenClient } from '../packages/tenon/src/client/client.ts'
import { answer, startUpstream, type Upstream } from '../packages/tenon/src/client/upstream.suite.ts'
import { createConnections } from '../packages/tenon/src/connection/connection.ts'
import { instanceUrl } from '../packages/tenon/src/connection/instance.ts'
import type { OAuthSettings } from '../packages/tenon/src/definition/oauth.ts'
import { createTransport } from '../packages/tenon/src/outbound/transport.ts'
import { requiredFields } from '../packages/tenon/src/simulator/credentials.ts'
import { findCanaries } from './canaries/search.ts'
import { hostileValues } from './egress/hostile.ts'
import { placesOf, smallestInput } from './egress/places.ts'
import { subjects } from './egress/subjects.ts'

let provider: Upstream
let sink: Upstream
let sinkPort = 0
beforeAll(async () => {
  provider = await startUpstream()
  sink = await startUpstream()
  sinkPort = Number(new URL(sink.origin).port)
})
afterAll(() => {
  provider.close()
  sink.close()
})
beforeEach(() => {
  for (const { seen } of [provider, sink]) seen.length = 0
  provider.respond = (_seen, response) => answer(response, 200, {})
})

/** A connection whose guard lets it to the sink, too: only that credentials belong to a host keeps them from there. */
async function connect(connector: Connector): Promise<{ client: OpenClient; secrets: ReadonlyMap<string, string> }> {
  const { pathname } = new URL(connector.options.baseUrl)
  const secrets = new Map(
    [...Object.keys(connector.options.auth.fields), ...requiredFields(connector)].map((field) => [
      field,
      `canary-${field}-5f2c`,
    ]),
  )
  secrets.set('access token', 'canary-access-token-5f2c')
  const tokens = { access: new Secret('canary-access-token-5f2c'), expiresAt: null }
  const connection = {
    tenant: 'default',
    connector,
    name: 'main',
    baseUrl: provider.origin + (pathname === '/' ? '' : pathname),
    credentials: Object.fromEntries([...secrets].map(([field, value]) => [field, new Secret(value)])),
    simulated: true,
  }
  const connections = await createConnections({ connections: [connection] })
  const client = createClient({
    // Its tokens are there, so that it needs no login.
    connections: { ...connections, shelfOf: () => ({ renew: async () => ({ tokens, generation: 1, obtainedAt: 0 }) }) },
    clock: systemClock,
    transportFor: () => createTransport({ clock: systemClock, allowedOrigins: [provider.origin, sink.origin] }),
  })
  return { client, secrets }
}

function call(client: OpenClient, connector: Connector, operation: string, input: unknown): Promise<CallAnswer> {
  const asked = { tenant: 'default', connector, connection: 'main', operation, input, idempotencyKey: null }
  return client.call({ ...asked, mayHaveHappened: false, timeoutMs: 10_000, signal: null })
}

/** Without a check of its input: that a schema refuses a value is not what keeps the credential. */
function lax(connector: Connector): Connector {
  const input = { '~standard': { version: 1, vendor: 'none', validate: (value: unknown) => ({ value }) } } as const
  const operations = Object.fromEntries(
    Object.entries(connector.options.operations).map(([name, options]) => [name, { ...options, input }]),
  )
  return { ...connector, options: { ...connector.options, operations } }
}

/** The paths that an operation may have, by its template; one that puts its request together itself stays below the base. */
function pathsOf(connector: Connector, name: string): RegExp {
  const { path, request } = connector.options.operations[name]!
  const base = new URL(connector.options.baseUrl).pathname.replace(/\/$/, '')
  const pieces = request === undefined ? path.split(/\{[^{}]*\}/) : ['/']
  const fixed = pieces.map((piece) => piece.replaceAll(/[.*+?^${}()|[\]\\]/g, String.raw`\$&`))
  return new RegExp(`^${base}${fixed.join('[^/?#]+')}${request === undefined ? String.raw`(?:\?|$)` : ''}`)
}

for (const connector of await subjects()) {
  const operations = Object.keys(connector.options.operations)
  describe(`EGR-07: connector ${connector.name}`, () => {
    test.each(operations)('%s: nothing in its input leads its request to another host or place', async (name) => {
      const { client, secrets } = await connect(lax(connector))
      const places = placesOf(connector.options.operations[name]!.input)
      const wrong: string[] = []
      let sent = 0
      const within = pathsOf(connector, name)
      for (const value of hostileValues(sinkPort)) {
        const answers = await Promise.all(places.map((place) => call(client, lax(connector), name, place.with(value))))
        for (const [index, ended] of answers.entries()) {
          const isSent = ended.outcome !== 'failed' || ended.fate !== 'not-sent'
          if (isSent) sent += 1
          else if (!['INPUT_INVALID', 'APP_INVALID'].includes(ended.error.code))
            wrong.push(`${places[index]!.place.join('.')} ${JSON.stringify(value)}: ${ended.error.code}`)
        }
        for (const { url, headers } of provider.seen.splice(0)) {
          const isOwn = headers.host === new URL(provider.origin).host && within.test(url)
          const isPlain = new URL(url, provider.origin).origin === provider.origin && !/\/\.{1,2}(?:\/|$)/.test(url)
          if (!isOwn || !isPlain)
            wrong.push(`${JSON.stringify(value)} asked ${JSON.stringify(headers.host)} for ${url}`)
        }
      }
      await client.close()
      expect({ wrong, sink: sink.seen }).toEqual({ wrong: [], sink: [] })
      expect(sent > 0 || places.length === 0).toBe(true)
      expect(secrets.size).toBeGreaterThan(0)
    })

    test.each(operations)('%s: nothing in an answer leads a credential to another host', async (name) => {
      const { client, secrets } = await connect(lax(connector))
      const { input, method, redirects = 0 } = connector.options.operations[name]!
      const there = `${sink.origin}/there`
      for (const status of [200, 201, 300, 301, 302, 303, 305, 307, 308, 401, 407, 429, 503]) {
        const link = { location: there, 'content-location': there, link: `<${there}>; rel="next"`, refresh: `0;url=${there}` } // prettier-ignore
        const body = { next: there, next_page: there, url: there, location: there, links: { next: there }, paging: { next: { link: there } } } // prettier-ignore
        provider.respond = (_seen, response) => answer(response, status, body, link)
        await call(client, lax(connector), name, smallestInput(input))
      }
      await client.close()
      expect(provider.seen.length).toBeGreaterThan(0)
      // A read may be led elsewhere where its operation says so, and goes there bare.
      expect(sink.seen.length > 0).toBe(redirects > 0 && method === 'GET')
      expect(findCanaries(secrets, new Map([['the other host', JSON.stringify(sink.seen)]]))).toEqual([])
    })

    const { settings, scheme, fields } = connector.options.auth
    const { endpoints, instance } = settings as Partial<OAuthSettings>
    const inHosts = Object.keys(fields).filter((field) => JSON.stringify(endpoints ?? {}).includes(`{${field}}`))

    test.each(inHosts)('%s leads neither tokens nor people to another host', async (field) => {
      const connections = await createConnections({
        connections: [
          {
            tenant: 't',
            connector,
            name: 'main',
            baseUrl: connector.options.baseUrl,
            credentials: {},
            simulated: false,
          },
        ],
      })
      const { open, browser } = connections.schemeOf(connections.resolve('t', connector.name, null))
      const asked: string[] = []
      const values = [...hostileValues(sinkPort), 'a.b', 'evil.example', 'a/b', 'a?b', 'a@b', '-a', '', 'a\n', 'ａ']
      for (const value of values) {
        const credentials = { ...Object.fromEntries(Object.keys(fields).map((one) => [one, new Secret('x1')])), [field]: new Secret(value) } // prettier-ignore
        const context = {
          settings,
          credentials,
          what: 'it',
          clock: systemClock,
          send: () => Promise.reject(new Error('it sends nothing')),
          fetch: (url: unknown) => Promise.reject(new Error(String(asked.push(String(url))))),
          standIn: null,
          conceal: () => undefined,
        }
        const ask = { redirectUri: 'https://here.example/', state: 's', scopes: [] }
        await Promise.resolve(browser?.begin(context, ask)).then(
          (begun) => begun && asked.push(begun.url),
          refusedAsField,
        )
        const authenticator = await Promise.resolve().then(() => open(context)).catch(refusedAsField) // prettier-ignore
        if (authenticator !== undefined && 'obtain' in authenticator)
          await authenticator.obtain(null).catch(() => undefined)
      }
      expect({ scheme, asked }).toEqual({ scheme, asked: [] })
    })

    if (instance === undefined) return
    test('no address that a provider names is taken but its own', () => {
      const { fact, hosts } = instance
      const take = (told: string): string => instanceUrl(connector.options.baseUrl, instance, { [fact]: told })
      for (const host of hosts) {
        const own = host.replace('*', 'a')
        expect(take(`https://${own}`)).toContain(`https://${own}`)
        for (const told of [...hostileValues(sinkPort), ...nearly(own)])
          expect(() => take(told)).toThrow(expect.objectContaining({ code: 'ADDRESS_REFUSED' }))
      }
    })
  })
}

/** Addresses that hold a host's name and are not its. */
function nearly(host: string): readonly string[] {
  const after = ['.evil.example', ':8443', '@evil.example', '.']
  return [
    `http://${host}`,
    `https://evil.example/${host}`,
    `https://evil.example#${host}`,
    `https://evil-${host.replace(/^a\./, '')}`,
    ...after.map((text) => `https://${host}${text}`),
  ]
}

function refusedAsField(error: unknown): undefined {
  if (!TenonError.is(error)) throw error
  return undefined
}
