import { createServer, type Server } from 'node:https'
import type { AddressInfo } from 'node:net'
import type { TLSSocket } from 'node:tls'
import Provider, { type ClientMetadata, type Configuration } from 'oidc-provider'
import { systemClock } from '../../base/clock.ts'
import { parseJson } from '../../base/json.ts'
import { createAuthority, type TestAuthority } from '../../outbound/certificates.fixture.ts'
import type { Transport } from '../../outbound/outbound.ts'
import { createTransport } from '../../outbound/transport.ts'

export const redirectUri = 'https://tenon.example/oauth/callback'

/** A certified OpenID provider on loopback, over TLS with an authority of its own: it rotates refresh tokens, and a refresh token used twice ends its whole family. */
export interface TestProvider {
  readonly issuer: string
  readonly authority: TestAuthority
  /** Reaches this provider and believes its authority. */
  readonly transport: Transport
  /** What the token endpoint was asked for, by grant type, in order. */
  readonly grants: readonly string[]
  /** Method and address of every request, with its query. */
  readonly asked: string[]
  /** Families of tokens that were revoked. */
  readonly revokedFamilies: () => number
  /** Runs before each answer of the token endpoint leaves. */
  beforeAnswer: (grant: string) => Promise<void>
  /** Answers the next request for tokens in its place, where it cannot be brought to it. */
  answerNext: { readonly status: number; readonly body: object } | null
  /** What it says of itself (discovery), before it leaves. */
  rewrite: (document: string) => string
  /** A person who consents to everything: where the provider sends the browser in the end. */
  consent(url: string): Promise<URL>
  /** A person who types the code on another device and agrees. */
  enter(code: string): Promise<void>
  /** The same person, who refuses. */
  refuse(code: string): Promise<void>
  close(): Promise<void>
}

export async function startProvider(options: {
  readonly clients: readonly ClientMetadata[]
  readonly configuration?: Partial<Configuration>
}): Promise<TestProvider> {
  const authority = await createAuthority()
  const issued = await authority.issue()
  const server = createServer({
    key: issued.key,
    cert: issued.certificate,
    ca: authority.certificate,
    requestCert: true,
    rejectUnauthorized: false,
  })
  const port = await listen(server)
  const issuer = `https://127.0.0.1:${port}`
  const provider = new Provider(issuer, {
    ...configurationOf(),
    clients: [...options.clients],
    ...options.configuration,
  })
  const transport = createTransport({
    clock: systemClock,
    allowedOrigins: [issuer],
    tls: { authority: authority.certificate },
  })
  const grants: string[] = []
  const asked: string[] = []
  let revoked = 0
  provider.on('grant.revoked', () => (revoked += 1))
  agreeing(provider)
  const self: TestProvider = {
    issuer,
    authority,
    transport,
    grants,
    asked,
    revokedFamilies: () => revoked,
    beforeAnswer: () => Promise.resolve(),
    answerNext: null,
    rewrite: (document) => document,
    consent: (url) => walk(transport, url),
    enter: (code) => enter(transport, issuer, code, 'confirm'),
    refuse: (code) => enter(transport, issuer, code, 'abort'),
    async close() {
      await transport.close()
      server.closeAllConnections()
      await new Promise((resolve) => server.close(resolve))
    },
  }
  provider.use(async (context, next) => {
    asked.push(`${context.method} ${context.originalUrl}`)
    const { answerNext } = self
    if (context.path === '/token' && answerNext !== null) {
      self.answerNext = null
      Object.assign(context, answerNext)
      return
    }
    await next()
    if (context.path === '/.well-known/openid-configuration')
      context.body = parseJson(self.rewrite(JSON.stringify(context.body)))
    if (context.path !== '/token') return
    const grant = textOf((context.oidc?.params as Record<string, unknown> | undefined)?.['grant_type'])
    grants.push(grant)
    await self.beforeAnswer(grant)
  })
  const answer = provider.callback()
  server.on('request', (request, response) => void answer(request, response))
  return self
}

function configurationOf(): Configuration {
  return {
    scopes: ['openid', 'orders'],
    cookies: { keys: ['a key of this test'] },
    features: {
      clientCredentials: { enabled: true },
      deviceFlow: { enabled: true },
      devInteractions: { enabled: false },
      revocation: { enabled: true },
      mTLS: {
        enabled: true,
        tlsClientAuth: true,
        getCertificate: ({ socket }) => peerCertificate(socket),
        certificateAuthorized: ({ socket }) => (socket as TLSSocket).authorized,
        certificateSubjectMatches: ({ socket }, _property, expected) =>
          `CN=${String((socket as TLSSocket).getPeerCertificate().subject.CN)}` === expected,
      },
    },
    issueRefreshToken: (_context, client) => Promise.resolve(client.grantTypeAllowed('refresh_token')),
    rotateRefreshToken: true,
    findAccount: (_context, id) => ({ accountId: id, claims: () => ({ sub: id }) }),
    interactions: { url: (_context, { uid }) => `/interaction/${uid}` },
    clientAuthMethods: ['client_secret_basic', 'client_secret_post', 'private_key_jwt', 'tls_client_auth', 'none'],
    ttl: {
      AccessToken: 600,
      ClientCredentials: 600,
      RefreshToken: 86_400,
      Grant: 86_400,
      Session: 86_400,
      Interaction: 600,
      IdToken: 600,
      DeviceCode: 600,
    },
    renderError(context, { error, error_description: description }) {
      context.type = 'text'
      context.body = `${error}: ${String(description)}`
    },
  }
}

function peerCertificate(socket: unknown): string {
  return (socket as TLSSocket).getPeerX509Certificate()?.toString() ?? ''
}

/** Stands for a person who is signed in and agrees to what the program asks for. */
function agreeing(provider: Provider): void {
  provider.use(async (context, next) => {
    if (!context.path.startsWith('/interaction/')) return next()
    const { prompt, params, session } = await provider.interactionDetails(context.req, context.res)
    context.respond = false
    if (prompt.name === 'login')
      return provider.interactionFinished(context.req, context.res, { login: { accountId: 'ada' } })
    const grant = new provider.Grant({ accountId: session?.accountId ?? '', clientId: textOf(params['client_id']) })
    grant.addOIDCScope(textOf(params['scope']))
    const consent = { grantId: await grant.save() }
    return provider.interactionFinished(context.req, context.res, { consent }, { mergeWithLastSubmission: true })
  })
}

async function listen(server: Server): Promise<number> {
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  return (server.address() as AddressInfo).port
}

interface Page {
  readonly url: URL
  readonly text: string
}

/** A browser with its cookies, as far as a consent needs one. */
function browser(transport: Transport, home: string) {
  const cookies = new Map<string, string>()
  return async (to: string, form: Record<string, string> | null = null): Promise<Page> => {
    let url = new URL(to)
    let body = form === null ? null : new URLSearchParams(form).toString()
    for (let hops = 0; hops < 20; hops += 1) {
      if (url.origin !== home) return { url, text: '' }
      const cookie = [...cookies].map(([name, value]) => `${name}=${value}`).join('; ')
      const headers = [
        'cookie',
        cookie,
        ...(body === null ? [] : ['content-type', 'application/x-www-form-urlencoded']),
      ]
      const answer = await transport.send({
        origin: home,
        method: body === null ? 'GET' : 'POST',
        path: url.pathname + url.search,
        headers,
        body,
        timeoutMs: 10_000,
        maxAnswerBytes: 1_000_000,
        signal: null,
      })
      for (const line of [answer.headers['set-cookie'] ?? []].flat()) {
        const [, name = '', value = ''] = /^([^=]+)=([^;]*)/.exec(line) ?? []
        cookies.set(name, value)
      }
      const { location } = answer.headers
      if (typeof location !== 'string') return { url, text: answer.body.toString() }
      url = new URL(location, url)
      body = null
    }
    throw new Error('the provider sends the browser in circles')
  }
}

async function walk(transport: Transport, url: string): Promise<URL> {
  const home = new URL(url).origin
  const page = await browser(transport, home)(url)
  if (page.url.origin === home) throw new Error(`the provider shows a page: ${page.text}`)
  return page.url
}

async function enter(transport: Transport, issuer: string, code: string, by: 'confirm' | 'abort'): Promise<void> {
  const open = browser(transport, issuer)
  const token = (page: Page): string => /name="xsrf" value="([^"]+)"/.exec(page.text)?.[1] ?? ''
  const asked = await open(`${issuer}/device`)
  const confirm = await open(`${issuer}/device`, { xsrf: token(asked), user_code: code })
  const done = await open(`${issuer}/device`, { xsrf: token(confirm), user_code: code, [by]: 'yes' })
  if (!done.text.includes(by === 'confirm' ? 'Sign-in Success' : 'Sign-in request was interrupted'))
    throw new Error(`the provider shows a page: ${done.text}`)
}

function textOf(value: unknown): string {
  return typeof value === 'string' ? value : ''
}
