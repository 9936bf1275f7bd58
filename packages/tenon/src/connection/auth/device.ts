import * as oauth from 'oauth4webapi'
import { TenonError } from '../../base/errors.ts'
import type { OAuthSettings } from '../../definition/oauth.ts'
import type { AuthScheme, DeviceConsent } from '../auth-scheme.ts'
import { tokensOf } from '../oauth/answer.ts'
import { requireHttps, tokenOrigins } from '../oauth/endpoints.ts'
import { openProvider } from '../oauth/provider.ts'
import { refusal } from '../oauth/refusal.ts'
import { renewing } from '../oauth/renewal.ts'

const defaultIntervalMs = 5000
/** RFC 8628 §3.5. */
const slowDownMs = 5000

const begin: DeviceConsent['begin'] = async (context, { scopes }) => {
  const { scopeSeparator = ' ' } = context.settings as OAuthSettings
  const { server, client, proof, options } = await openProvider(context)()
  const askedAt = context.clock.now()
  try {
    const parameters = scopes.length === 0 ? {} : { scope: scopes.join(scopeSeparator) }
    const response = await oauth.deviceAuthorizationRequest(server, client, proof, parameters, options)
    const answer = await oauth.processDeviceAuthorizationResponse(server, client, response)
    const { verification_uri: url, verification_uri_complete: urlComplete } = answer
    const address = (text: string): string =>
      context.standIn === null ? requireHttps(text, `connection ${context.what}: the address of consent`) : text
    return {
      url: address(url),
      ...(urlComplete !== undefined && { urlComplete: address(urlComplete) }),
      code: answer.user_code,
      expiresAt: askedAt + answer.expires_in * 1000,
      intervalMs: answer.interval === undefined ? defaultIntervalMs : answer.interval * 1000,
      pending: { deviceCode: answer.device_code },
    }
  } catch (error) {
    throw refusal(error, context, 'device')
  }
}

const poll: DeviceConsent['poll'] = async (context, { deviceCode }) => {
  if (deviceCode === undefined)
    throw new TenonError('INPUT_INVALID', `connection ${context.what}: this consent was not begun here`)
  const { server, client, proof, options } = await openProvider(context)()
  const askedAt = context.clock.now()
  try {
    const response = await oauth.deviceCodeGrantRequest(server, client, proof, deviceCode, options)
    const answer = await oauth.processDeviceCodeResponse(server, client, response)
    return { tokens: tokensOf(answer, context, { current: null, askedAt }) }
  } catch (error) {
    const named = error instanceof oauth.ResponseBodyError ? error.error : null
    if (named === 'authorization_pending') return { tokens: null }
    if (named === 'slow_down') return { tokens: null, slowDownMs }
    throw refusal(error, context, 'device')
  }
}

export const scheme: AuthScheme = { open: renewing, tokenOrigins, device: { begin, poll } }
