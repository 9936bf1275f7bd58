import * as oauth from 'oauth4webapi'
import { importPKCS8 } from 'jose'
import { TenonError } from '../../base/errors.ts'
import type { OAuthSettings } from '../../definition/oauth.ts'
import { Secret } from '../../base/secret.ts'
import type { AuthContext, ClientCertificate } from '../auth-scheme.ts'
import { credential } from '../credentials.ts'
import { certificatesIn, pemOf, privateKeyOf, requirePair } from '../pem.ts'
import { plainAnswer } from './answer.ts'
import { boundFetch, endpointsOf, tokenOrigins, type OAuthFetch } from './endpoints.ts'
import { refusal } from './refusal.ts'

/** The provider of a connection, and the program as its client. */
export interface OAuthProvider {
  readonly server: oauth.AuthorizationServer
  readonly client: oauth.Client
  readonly proof: oauth.ClientAuth
  readonly options: {
    readonly [oauth.customFetch]: OAuthFetch
    readonly additionalParameters?: Record<string, string>
  }
}

/** What can be said without asking the provider is wrong at once: throws `APP_INVALID`. */
export function openProvider(context: AuthContext): () => Promise<OAuthProvider> {
  const endpoints = endpointsOf(context)
  let opening: Promise<OAuthProvider> | null = null
  return () => {
    opening ??= open(context, endpoints).catch((error: unknown) => {
      opening = null
      throw refusal(error, context, 'discovery')
    })
    return opening
  }
}

async function open(context: AuthContext, endpoints: ReturnType<typeof endpointsOf>): Promise<OAuthProvider> {
  const settings = context.settings as OAuthSettings
  const { tokenParameters, refusals } = settings
  const bound = boundFetch(context, tokenOrigins(context))
  const server = await serverOf(endpoints, bound)
  const isOpenId = endpoints.issuer !== undefined && settings.scopes.includes('openid')
  return {
    server,
    client: {
      client_id: credential(context.credentials, 'clientId'),
      [oauth.clockTolerance]: 60,
      // RFC 8705 §5: a provider may ask for certificates at addresses of their own.
      use_mtls_endpoint_aliases: settings.proof === 'certificate',
    },
    proof: await proofOf(context),
    options: {
      [oauth.customFetch]: async (url, init) =>
        plainAnswer(await bound(url, init), { isOpenId, ...(refusals && { refusals }) }),
      ...(tokenParameters !== undefined && { additionalParameters: tokenParameters }),
    },
  }
}

async function serverOf(
  { issuer, authorisation, token, device, revocation }: ReturnType<typeof endpointsOf>,
  fetch: OAuthFetch,
): Promise<oauth.AuthorizationServer> {
  const found = issuer === undefined || token !== undefined ? null : await discover(new URL(issuer), fetch)
  // Without a declared name, the only one that is believed is the address where consent is given.
  const own = issuer ?? new URL(authorisation ?? token ?? device ?? '').origin
  return {
    ...(found ?? { issuer: own }),
    ...(authorisation !== undefined && { authorization_endpoint: authorisation }),
    ...(token !== undefined && { token_endpoint: token }),
    ...(device !== undefined && { device_authorization_endpoint: device }),
    ...(revocation !== undefined && { revocation_endpoint: revocation }),
  }
}

async function discover(issuer: URL, fetch: OAuthFetch): Promise<oauth.AuthorizationServer> {
  const response = await oauth.discoveryRequest(issuer, { [oauth.customFetch]: fetch })
  return oauth.processDiscoveryResponse(issuer, response)
}

async function proofOf({ settings, credentials, clock, what }: AuthContext): Promise<oauth.ClientAuth> {
  const { proof, algorithm = 'RS256', keyId } = settings as OAuthSettings
  switch (proof) {
    case 'secret-basic':
      return oauth.ClientSecretBasic(credential(credentials, 'clientSecret'))
    case 'secret-post':
      return oauth.ClientSecretPost(credential(credentials, 'clientSecret'))
    case 'private-key': {
      const key = await privateKey(credential(credentials, 'clientKey'), { algorithm, field: 'clientKey', what })
      return oauth.PrivateKeyJwt(keyId === undefined ? key : { key, kid: keyId }, {
        [oauth.modifyAssertion](_header, payload) {
          const now = Math.floor(clock.now() / 1000)
          Object.assign(payload, { iat: now, nbf: now, exp: now + 60 })
        },
      })
    }
    case 'certificate':
      return oauth.TlsClientAuth()
    default:
      return oauth.None()
  }
}

/** Throws `APP_INVALID` for a key that cannot be read; the error does not show it. */
export async function privateKey(
  pem: string,
  { algorithm, field, what }: { readonly algorithm: string; readonly field: string; readonly what: string },
): Promise<oauth.CryptoKey> {
  try {
    return await importPKCS8(pemOf(pem), algorithm)
  } catch {
    throw new TenonError(
      'APP_INVALID',
      `connection ${what}: ${field} is not a private key for ${algorithm} in PKCS #8 form (-----BEGIN PRIVATE KEY-----)`,
    )
  }
}

/** For a client that proves itself by a certificate. Throws `APP_INVALID` for one that does not fit its key or is not valid now. */
export function certificateOf({ settings, credentials, clock }: AuthContext): { readonly tls?: ClientCertificate } {
  if ((settings as OAuthSettings).proof !== 'certificate') return {}
  const fields = ['clientCertificate', 'clientKey'] as const
  const [certificate, key] = fields.map((field) => pemOf(credential(credentials, field))) as [string, string]
  const [own] = certificatesIn(certificate, fields[0])
  requirePair(own, privateKeyOf(key, null, fields[1]), { fields, nowMs: clock.now() })
  return { tls: { certificate, key: new Secret(key) } }
}
