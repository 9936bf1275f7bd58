import { durationMs } from '../../base/duration.ts'
import { TenonError } from '../../base/errors.ts'
import type { OAuthSettings } from '../../definition/oauth.ts'
import { bearerTokenOf, type Authentication, type AuthenticationContext } from '../authentication.ts'
import { AuthorisationFront } from './authorisation.ts'
import { DeviceFront } from './device-front.ts'
import { Grants } from './grants.ts'
import { TokenEndpoint, type GrantKind } from './token-endpoint.ts'

const defaultAccounts = [
  { id: '1001', name: 'Joinery Ltd' },
  { id: '1002', name: 'Timber & Sons' },
] as const

/** A provider of OAuth 2 on this machine: it serves the paths of the endpoints that the connector declares. Throws `APP_INVALID` for those that are left to discovery. */
export function oauthProvider(context: AuthenticationContext, kinds: readonly GrantKind[]): Authentication {
  const { behaviour, connector, database, simulation } = context
  const settings = connector.options.auth.settings as OAuthSettings
  const { accounts = defaultAccounts, life = settings.life ?? '30m', rotates = true } = behaviour.oauth ?? {}
  const ownAccount = accounts[0]?.id ?? ''
  const grants = new Grants({ database, simulation, lifeMs: durationMs(life), rotates })
  const front = new AuthorisationFront(context, settings, accounts)
  requirePlayable(settings, connector.name)
  const devices = new DeviceFront(context, settings, accounts)
  const tokens = new TokenEndpoint({ context, settings, grants, front, devices, ownAccount })
  const path = (name: 'authorisation' | 'token' | 'device'): string =>
    pathOf(settings.endpoints[name], name, connector.name)
  const { revocation } = settings.endpoints
  const hasPage = kinds.includes('authorization_code')
  const hasDevices = kinds.includes('urn:ietf:params:oauth:grant-type:device_code')
  return {
    judge(request) {
      const token = bearerTokenOf(request)
      const judged = token === undefined ? 'unknown' : grants.judge(token)
      if (typeof judged === 'string') return { is: judged === 'expired' ? 'expired' : 'bad' }
      return { is: 'good', account: judged.account }
    },
    endpoints: [
      tokens.endpoint(path('token'), kinds),
      ...(hasPage ? [front.endpoint(path('authorisation'))] : []),
      ...(hasDevices ? [tokens.device(path('device')), devices.page(path('device'))] : []),
      ...(revocation === undefined ? [] : [tokens.revocation(pathOf(revocation, 'revocation', connector.name))]),
    ],
    revokeTokens: () => grants.expireAll(),
    ...((hasPage || hasDevices) && {
      consent: () => grants.begin({ account: ownAccount, scopes: settings.scopes }, { refreshable: true }),
    }),
  }
}

/** What would be taken without being looked at is not taken. */
function requirePlayable({ proof, scopes, endpoints }: OAuthSettings, connector: string): void {
  const isOpenId = scopes.includes('openid') && endpoints.issuer !== undefined
  const what = proof === 'certificate' ? "the client's proof by certificate" : isOpenId ? 'identities (openid)' : null
  if (what === null) return
  throw new TenonError(
    'APP_INVALID',
    `a simulator cannot play ${what}, which ${connector} declares: leave its simulator out of the app, and connect an account of the provider`,
  )
}

function pathOf(address: string | undefined, name: string, connector: string): string {
  // `{shop}` in an address is a part of a host's name.
  if (address !== undefined) return new URL(address.replaceAll(/\{[^}]*\}/g, 'x')).pathname
  throw new TenonError(
    'APP_INVALID',
    `the simulator of ${connector} needs the address of its ${name} endpoint, for it discovers none; add endpoints.${name} to its auth`,
  )
}
