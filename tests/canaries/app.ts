// One connector of each scheme of authentication, and a flow that calls whatever it is told to.
import {
  apiKey,
  basic,
  bearer,
  defineApp,
  defineConnection,
  defineConnector,
  defineFlow,
  fromEnvironment,
  hmacSigned,
  manual,
  operation,
  timestampedHmac,
  tokenLogin,
  type AuthDeclaration,
  type Connector,
} from 'tenon'
import { z } from 'zod'

const loose = z.looseObject({})
export const verify = timestampedHmac({ header: 'signature', field: 'hookSecret' })

export const auths: Readonly<Record<string, AuthDeclaration>> = {
  bearer: bearer('secret', 'Key'),
  basic: basic('user', 'secret'),
  header: apiKey('secret', 'Key', { header: 'x-key' }),
  query: apiKey('secret', 'Key', { query: 'key' }),
  login: tokenLogin(
    { secret: { label: 'Password' } },
    {
      login: ({ secret }) => ({ path: '/login', body: { secret } }),
      token: (body) => (body as { token?: string }).token,
      life: '1d',
    },
  ),
  hmac: hmacSigned({
    fields: { secret: { label: 'Key' } },
    secret: 'secret',
    sign: '{body}',
    headers: { s: '{signature}' },
  }),
}

const connectorOf = (name: string, auth: AuthDeclaration) =>
  defineConnector(name, {
    baseUrl: 'https://127.0.0.1',
    auth,
    operations: {
      get: operation({ method: 'GET', path: '/{how}', input: z.object({ how: z.string() }), output: loose }),
    },
    events: { said: { data: loose } },
    webhooks: { verify, read: (body) => [{ id: (body as { id: string }).id, type: 'said', data: body }] },
    policies: { breaker: false },
  })

const called = Object.entries(auths).map(([name, auth]) => connectorOf(name, auth))
const ofEnvironment = Object.entries(auths).map(([name, auth]) => connectorOf(`${name}-env`, auth))
const connectors = [...called, ...ofEnvironment]
const uses = Object.fromEntries(connectors.map((connector) => [connector.name, connector]))

const call = defineFlow('call', {
  trigger: manual(z.object({ connector: z.string(), how: z.string() })),
  uses,
  retry: { attempts: 2, base: '1ms', cap: '1ms' },
  run: (context) => {
    const { connector, how } = context.event.data
    const clients = context as unknown as Record<string, { get(input: object): Promise<unknown> }>
    return clients[connector]?.get({ how })
  },
})
const hear = defineFlow('hear', {
  trigger: (ofEnvironment[0] as (typeof called)[number]).on('said'),
  run: () => 'heard',
})

export default defineApp({
  flows: [call, hear],
  simulators: called.map((connector) => ({ kind: 'simulator' as const, connector: connector as unknown as Connector })),
  connections: ofEnvironment.map((connector) =>
    defineConnection(connector, {
      credentials: Object.fromEntries(
        [...Object.keys(connector.options.auth.fields), 'hookSecret'].map((field) => [
          field,
          fromEnvironment(`CANARY_${connector.name}_${field}`),
        ]),
      ),
    }),
  ),
})
