import { randomBytes } from 'node:crypto'
import { z } from 'zod'
import { systemClock, type Clock } from '../../base/clock.ts'
import { TenonError } from '../../base/errors.ts'
import { createVault } from '../../connection/vault/create-vault.ts'
import { environmentKeys } from '../../connection/vault/environment.ts'
import type { ConnectionName, ConnectionView, ManagedConnections, RemoteAccount } from '../../connection/managed.ts'
import { startProvider, type TestProvider } from '../../connection/oauth/openid-provider.fixture.ts'
import { mutualTls } from '../../definition/auth/mutual-tls.ts'
import { bearer } from '../../definition/auth.ts'
import { defineConnector, type Connector } from '../../definition/connector.ts'
import { oauth2 } from '../../definition/oauth.ts'
import { operation } from '../../definition/operation.ts'
import { memoryStore } from '../../store/memory.ts'
import { send, start, type Harness, type RawAnswer } from '../server.fixture.ts'
import { createConnecting, type Connecting } from './connecting.ts'

export const publicUrl = 'https://tenon.example'
const host = 'tenon.example'
export const clientSecret = 'canary client secret that is long enough'

export interface Stage {
  readonly harness: Harness
  readonly provider: TestProvider
  readonly connecting: Connecting
  /** What was kept, by `tenant connector/name`. */
  readonly kept: Map<string, ConnectionView & { readonly access?: string }>
  /** As a browser that has signed in, or anyone, at the address that people use. */
  ask(
    method: string,
    path: string,
    options?: { readonly as?: Person; readonly body?: object; readonly form?: Record<string, string> },
  ): Promise<RawAnswer>
  signIn(by: string): Promise<Person>
  /** From the address where a person consents to the query that the provider sends back. */
  consentAt(url: string): Promise<string>
}

/** The headers of somebody. */
export type Person = Readonly<Record<string, string>>

/** A connector of the provider, whose account is the person who consents. */
function crmAt(issuer: string): Connector {
  return defineConnector('crm', {
    baseUrl: issuer,
    auth: oauth2({ endpoints: { issuer }, scopes: ['openid', 'orders'] }),
    account: { operation: 'me', read: ({ sub }: { sub: string }) => ({ id: sub, name: `${sub} of CRM` }) },
    operations: {
      me: operation({ method: 'GET', path: '/me', input: z.object({}), output: z.object({ sub: z.string() }) }),
    },
  })
}

const pay = defineConnector('pay', {
  baseUrl: 'https://pay.example',
  auth: bearer('apiKey', 'API key'),
  operations: {},
}) as unknown as Connector

const bank = defineConnector('bank', {
  baseUrl: 'https://bank.example',
  auth: mutualTls(),
  account: { operation: 'me', read: ({ id }: { id: string }) => ({ id, name: id }) },
  operations: {
    me: operation({ method: 'GET', path: '/me', input: z.object({}), output: z.object({ id: z.string() }) }),
  },
}) as unknown as Connector

export interface StageOptions {
  readonly clock?: Clock
}

/** A server that connects accounts of a certified provider over TLS; its store, vault and schemes are the real ones. */
export async function stage({ clock = systemClock }: StageOptions = {}): Promise<Stage> {
  const provider = await startProvider({
    clients: [
      {
        client_id: 'tenon',
        client_secret: clientSecret,
        redirect_uris: [`${publicUrl}/connect/callback`],
        grant_types: ['authorization_code', 'refresh_token'],
        response_types: ['code'],
      },
    ],
  })
  const store = memoryStore()
  const vault = createVault({
    store,
    clock,
    masterKeys: environmentKeys(randomBytes(32).toString('base64'), undefined),
  })
  const { managed, kept } = rememberingConnections()
  const connecting = await createConnecting({
    connectors: new Map([crmAt(provider.issuer), pay, bank].map((connector) => [connector.name, connector])),
    managed,
    connections: {
      resolve: () => {
        throw new TenonError('CONNECTION_MISSING', 'none is used here')
      },
    },
    client: { call: () => Promise.reject(new Error('no calls here')) },
    store,
    vault,
    clock,
    brought: (connector) => ({
      fields: connector === 'crm' ? { clientId: 'tenon', clientSecret } : {},
      simulated: false,
    }),
    returnTo: ['https://shop.example'],
    transport: { allowedOrigins: [provider.issuer], tls: { authority: provider.authority.certificate } },
  })
  const harness = await start({ connecting, publicUrl, clock })
  const ask: Stage['ask'] = (method, path, { as = {}, body, form } = {}) => {
    const text = form === undefined ? body && JSON.stringify(body) : new URLSearchParams(form).toString()
    const type = form === undefined ? 'application/json' : 'application/x-www-form-urlencoded'
    const headers = { host, origin: publicUrl, ...as, ...(text !== undefined && { 'content-type': type }) }
    return send(harness.server.port, method, path, { headers, ...(text !== undefined && { body: text }) })
  }
  return {
    harness,
    provider,
    connecting,
    kept,
    ask,
    async signIn(by) {
      const token = new URL((await harness.server.signInLink(by)).url).searchParams.get('token') ?? ''
      const { headers } = await ask('POST', '/console/sign-in', { form: { token } })
      return { cookie: cookieOf(headers['set-cookie']) }
    },
    consentAt: async (url) => (await provider.consent(url)).search.slice(1),
  }
}

export function cookieOf(lines: readonly string[] | undefined): string {
  return lines?.[0]?.split(';', 1)[0] ?? 'none'
}

/** Connections in memory: what a stored one keeps is of no matter here. */
function rememberingConnections(): Pick<Stage, 'kept'> & { readonly managed: ManagedConnections } {
  const kept: Stage['kept'] = new Map()
  const keyOf = ({ tenant, connector, name }: ConnectionName): string => `${tenant} ${connector}/${name}`
  const put = (
    which: ConnectionName,
    {
      account = null,
      confirmAccountChange = false,
    }: { account?: RemoteAccount | null; confirmAccountChange?: boolean },
    more: object,
  ): ConnectionView => {
    const before = kept.get(keyOf(which))?.account ?? null
    if (before !== null && before.id !== account?.id && !confirmAccountChange)
      throw new TenonError('ACCOUNT_CHANGED', 'it is another account')
    const view = { ...emptyView, ...which, account, ...more }
    kept.set(keyOf(which), view)
    return view
  }
  const managed: ManagedConnections = {
    list: (tenant) => [...kept.values()].filter((view) => view.tenant === tenant),
    show(which) {
      const view = kept.get(keyOf(which))
      if (view === undefined) throw new TenonError('NOT_FOUND', 'there is none')
      return view
    },
    save: async (which, given) => put(which, given, { secrets: Object.keys(given.fields) }),
    authorise: async (which, given) => put(which, given, { access: given.tokens.access.reveal() }),
    tried: async (which, account) => void put(which, { account }, {}),
    remove: async (which) => void kept.delete(keyOf(which)),
  }
  return { managed, kept }
}

const emptyView: Omit<ConnectionView, 'tenant' | 'connector' | 'name' | 'account'> = {
  origin: 'simulated',
  scheme: 'oauth2',
  baseUrl: 'https://crm.example',
  fields: {},
  secrets: [],
  scopes: [],
  state: 'healthy',
  cause: null,
  untried: null,
  expiresAt: null,
  lastUsedAt: null,
  createdAt: null,
  createdBy: null,
  updatedAt: null,
}
