// Every scheme from end to end: what the client sends is what the stand-in wants, over sockets and in process.
import { readdirSync } from 'node:fs'
import { expect, test } from 'vitest'
import { z } from 'zod'
import { systemClock } from '../base/clock.ts'
import { Secret } from '../base/secret.ts'
import { createClient, type CallAnswer } from '../client/client.ts'
import { createConnections, type ResolvedConnection } from '../connection/connection.ts'
import { apiKey } from '../definition/auth/api-key.ts'
import { awsSignature } from '../definition/auth/aws-signature.ts'
import { hmacSigned } from '../definition/auth/hmac.ts'
import { mutualTls } from '../definition/auth/mutual-tls.ts'
import { oauth1, oauth1OneLegged } from '../definition/auth/oauth1.ts'
import { wsCertificate, wsUsername } from '../definition/auth/ws-security.ts'
import { basic, bearer, noAuth, tokenLogin, type AuthDeclaration } from '../definition/auth.ts'
import { defineConnector } from '../definition/connector.ts'
import { clientCredentials, deviceCode, jwtBearer, oauth2 } from '../definition/oauth.ts'
import { operation } from '../definition/operation.ts'
import { Answer, defineSimulator, openSimulator, startSimulator } from '../simulator/simulator.ts'
import { Attempts } from './attempts.ts'
import { inProcessTransport } from './in-process-transport.ts'
import { consentedShelf } from './providers.ts'

const login = 'https://login.example.com'
const endpoints = { authorisation: `${login}/authorise`, token: `${login}/token`, device: `${login}/device` }
const secret = { label: 'Secret' }

/** By name; the scheme is in the declaration. `wrong`: the field whose change is noticed, `code`: how. */
const declarations: Readonly<
  Record<string, { readonly auth: AuthDeclaration; readonly wrong?: string; readonly code?: string }>
> = {
  none: { auth: noAuth() },
  basic: { auth: basic('user', 'password'), wrong: 'password' },
  bearer: { auth: bearer('token', 'Token'), wrong: 'token' },
  'api key in a header': { auth: apiKey('key', 'Key', { header: 'x-key' }), wrong: 'key' },
  'api key in the query': { auth: apiKey('key', 'Key', { query: 'key' }), wrong: 'key' },
  'token login': {
    auth: tokenLogin(
      { password: secret },
      {
        login: ({ password }) => ({ path: '/login', body: { password } }),
        token: (body) => (body as { token?: string }).token,
        life: '1h',
      },
    ),
    wrong: 'password',
  },
  hmac: {
    auth: hmacSigned({
      fields: { id: { label: 'ID', secret: false }, key: secret },
      secret: 'key',
      secretEncoding: 'base64',
      sign: '{method} {origin}{target} {seconds} {nonce} {bodyHash}',
      headers: { 'x-id': '{id}', 'x-nonce': '{nonce}' },
      query: { at: '{seconds}', signature: '{signature}' },
    }),
    wrong: 'key',
  },
  oauth1: { auth: oauth1(), wrong: 'accessTokenSecret' },
  'oauth1 in the query': {
    auth: oauth1OneLegged({ place: 'query', signature: 'HMAC-SHA256' }),
    wrong: 'consumerSecret',
  },
  'aws signature': { auth: awsSignature({ service: 'execute-api', region: 'x' }), wrong: 'secretAccessKey' },
  's3 without the body': { auth: awsSignature({ service: 's3', region: 'x', payload: 'unsigned' }), wrong: 'accessKeyId' }, // prettier-ignore
  'mutual tls': { auth: mutualTls() },
  'password of ws-security': { auth: wsUsername({ password: 'text' }), wrong: 'password' },
  'digest of ws-security': { auth: wsUsername({ password: 'digest' }), wrong: 'password' },
  'certificate of ws-security': { auth: wsCertificate() },
  'client credentials': { auth: clientCredentials({ endpoints }), wrong: 'clientSecret' },
  'client credentials by a key': { auth: clientCredentials({ endpoints, proof: 'private-key' }), wrong: 'clientId' },
  'jwt bearer': { auth: jwtBearer({ token: endpoints.token }), wrong: 'issuer', code: 'CREDENTIALS_REFUSED' },
  oauth2: { auth: oauth2({ endpoints }) },
  device: { auth: deviceCode({ endpoints }) },
}
const names = Object.keys(declarations)
const envelope =
  '<s:Envelope xmlns:s="http://schemas.xmlsoap.org/soap/envelope/"><s:Body><a xmlns="urn:x"/></s:Body></s:Envelope>'

function providerWith(auth: AuthDeclaration) {
  const loose = z.looseObject({})
  const thing = defineConnector('thing', {
    baseUrl: 'https://api.example.com/v1',
    auth,
    operations: {
      ask: operation({
        method: 'POST',
        path: '/things',
        input: z.strictObject({ page: z.string() }),
        output: loose,
        request: ({ page }: { page: string }) => ({
          path: '/things',
          query: { page },
          ...(auth.scheme === 'ws-security' && { headers: { 'content-type': 'text/xml' }, body: envelope }),
        }),
      }),
    },
  })
  return defineSimulator(thing, {
    refuse: (refusal) => new Answer(refusal.reason === 'unauthenticated' ? 401 : 400, refusal),
    read: { ask: ({ query }) => query },
    operations: { ask: ({ page }) => ({ page }) },
  })
}

type Way = 'over sockets' | 'in process'

async function ask(
  auth: AuthDeclaration,
  way: Way,
  change: (credentials: Record<string, string>) => void = () => undefined,
) {
  const definition = providerWith(auth)
  const running = way === 'over sockets' ? await startSimulator(definition) : null
  const simulator = running ?? (await openSimulator(definition))
  const given = { ...simulator.credentials }
  change(given)
  const connection: ResolvedConnection = {
    tenant: 'default',
    connector: definition.connector,
    name: 'main',
    baseUrl: running?.baseUrl ?? definition.connector.options.baseUrl,
    credentials: Object.fromEntries(Object.entries(given).map(([field, value]) => [field, new Secret(value)])),
    simulated: true,
  }
  const shelf = consentedShelf(simulator, systemClock)
  const connections = await createConnections({
    connections: [connection],
    ...(shelf !== null && { shelves: new Map([[connection, shelf]]) }),
  })
  const client = createClient({
    connections,
    clock: systemClock,
    ...('headers' in simulator &&
      running === null && {
        transportFor: (_connection, tls) =>
          inProcessTransport({
            simulator,
            clock: systemClock,
            attempts: new Attempts(),
            ...(tls && { clientCertificate: tls.certificate }),
          }),
      }),
  })
  const call = (): Promise<CallAnswer> =>
    client.call({
      tenant: 'default',
      connector: definition.connector,
      connection: 'main',
      operation: 'ask',
      input: { page: '2 & 3' },
      idempotencyKey: null,
      mayHaveHappened: false,
      timeoutMs: 5000,
      signal: null,
    })
  const answers = [await call(), await call()]
  await client.close()
  await simulator.close()
  return answers.map((answer) => (answer.outcome === 'failed' ? answer.error.code : answer.output))
}

const ways: readonly Way[] = ['over sockets', 'in process']
const every = ways.flatMap((way) => names.map((name) => [name, way] as const))

test.each(every)('AUT-09: a stand-in takes what the scheme sends, again and again: %s, %s', async (name, way) => {
  const { auth } = declarations[name] ?? expect.unreachable()
  const expected = { page: '2 & 3' }
  expect(await ask(auth, way)).toEqual([expected, expected])
})

const changeable = every.filter(([name]) => declarations[name]?.wrong !== undefined)

test.each(changeable)('AUT-09: and nothing else: %s, %s', async (name, way) => {
  const { auth, wrong = '', code = 'CREDENTIALS_REFUSED' } = declarations[name] ?? expect.unreachable()
  const answers = await ask(
    auth,
    way,
    (credentials) => (credentials[wrong] = Buffer.from('another').toString('base64')),
  )
  expect(answers).toEqual([code, code])
})

test('there is a stand-in for every scheme', () => {
  const files = readdirSync(new URL('../connection/auth', import.meta.url)).filter((file) =>
    /^[a-z\d-]+\.ts$/.test(file),
  )
  const schemes = new Set(Object.values(declarations).map(({ auth }) => `${auth.scheme}.ts`))
  expect(files.filter((file) => !schemes.has(file))).toEqual([])
})
