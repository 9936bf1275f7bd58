import type { Clock } from '../../base/clock.ts'
import { Secret } from '../../base/secret.ts'
import type { AuthDeclaration } from '../../definition/auth.ts'
import { defineConnector, type Connector } from '../../definition/connector.ts'
import type { BareRequest } from '../auth-scheme.ts'
import { authenticate, type Authentication } from '../authentication.ts'
import { createConnections } from '../connection.ts'

export const origin = 'https://api.example.com'

/** A connection with these credentials, as the client opens it, at a time that stands still, or moves as the test says. */
export async function opened(
  auth: AuthDeclaration,
  credentials: Readonly<Record<string, string>>,
  { nowMs = 0, baseUrl = origin }: { readonly nowMs?: number | (() => number); readonly baseUrl?: string } = {},
): Promise<Authentication> {
  const connector = defineConnector('thing', { baseUrl, auth, operations: {} }) as unknown as Connector
  const connection = {
    tenant: 'default',
    connector,
    name: 'main',
    baseUrl,
    credentials: Object.fromEntries(Object.entries(credentials).map(([field, value]) => [field, new Secret(value)])),
    simulated: false,
  }
  const connections = await createConnections({ connections: [connection] })
  const clock: Clock = {
    now: typeof nowMs === 'number' ? () => nowMs : nowMs,
    after: () => () => undefined,
    whenQuiet: () => undefined,
  }
  const nothing = () => Promise.reject(new Error('it sends nothing'))
  return authenticate({ connection, scheme: connections.schemeOf(connection), clock, send: nothing, fetch: nothing })
}

/** The request as it leaves. */
export async function signed(
  authentication: Authentication,
  request: Partial<BareRequest>,
): Promise<BareRequest & { readonly header: (name: string) => string | undefined }> {
  const whole: BareRequest = {
    method: 'GET',
    origin,
    path: '/',
    body: null,
    ...request,
    headers: [...(request.headers ?? [])],
  }
  await authentication.apply(whole)
  const header = (name: string): string | undefined => {
    const at = whole.headers.findIndex((one, index) => index % 2 === 0 && one === name)
    return at < 0 ? undefined : whole.headers[at + 1]
  }
  return Object.assign(whole, { header })
}
