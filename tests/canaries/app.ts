// One connector of each scheme of authentication, and a flow that calls whatever it is told to.
import {
  defineApp,
  defineConnection,
  defineConnector,
  defineFlow,
  fromEnvironment,
  manual,
  operation,
  type AuthDeclaration,
} from 'tenon'
import { z } from 'zod'
import { authsAt, verify } from './auths.ts'

const loose = z.looseObject({})
const connectorOf = (name: string, auth: AuthDeclaration) =>
  defineConnector(name, {
    baseUrl: 'https://api.example.com',
    auth,
    operations: {
      get: operation({ method: 'GET', path: '/{how}', input: z.object({ how: z.string() }), output: loose }),
    },
    events: { said: { data: loose } },
    webhooks: { verify, read: (body) => [{ id: (body as { id: string }).id, type: 'said', data: body }] },
    policies: { breaker: false },
  })

const origin = process.env['CANARY_ORIGIN'] ?? ''
const connectors = Object.entries(authsAt(process.env['CANARY_TOKENS'] ?? '')).map(([name, auth]) =>
  connectorOf(name, auth),
)
const [first] = connectors as [(typeof connectors)[number]]
const uses = {
  ...Object.fromEntries(connectors.map((connector) => [connector.name, connector.connection('main')])),
  stored: first.connection('stored'),
}

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
  trigger: first.on('said'),
  run: () => 'heard',
})

export default defineApp({
  connect: {},
  flows: [call, hear],
  connections: connectors.map((connector) =>
    defineConnection(connector, {
      baseUrl: origin,
      credentials: Object.fromEntries(
        [...Object.keys(connector.options.auth.fields), 'hookSecret'].map((field) => [
          field,
          fromEnvironment(`CANARY_${connector.name}_${field}`),
        ]),
      ),
    }),
  ),
})
