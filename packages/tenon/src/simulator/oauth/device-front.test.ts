import * as oauth from 'oauth4webapi'
import { expect, test } from 'vitest'
import { deviceCode } from '../../definition/oauth.ts'
import { providerWith } from '../authentication.fixture.ts'
import { startSimulator } from '../simulator.ts'

const login = 'https://login.example.com'
const auth = deviceCode({ endpoints: { token: `${login}/token`, device: `${login}/device` }, scopes: ['read'] })

/** A program on a device that asks by oauth4webapi, and a person at a browser. */
async function started(at = { nowMs: Date.now() }) {
  const clock = { now: () => at.nowMs, after: () => () => undefined, whenQuiet: () => undefined }
  const simulator = await startSimulator(providerWith(auth), { clock })
  const { origin } = simulator
  const server = {
    issuer: origin,
    token_endpoint: `${origin}/token`,
    device_authorization_endpoint: `${origin}/device`,
  }
  const client = { client_id: simulator.credentials['clientId'] ?? '' }
  const insecure = { [oauth.allowInsecureRequests]: true } as const
  return {
    simulator,
    at,
    async begin(as: oauth.Client = client) {
      const response = await oauth.deviceAuthorizationRequest(server, as, oauth.None(), { scope: 'read' }, insecure)
      return oauth.processDeviceAuthorizationResponse(server, as, response)
    },
    /** The tokens, or why there are none. */
    async poll(code: string) {
      at.nowMs += 1000
      const response = await oauth.deviceCodeGrantRequest(server, client, oauth.None(), code, insecure)
      return oauth.processDeviceCodeResponse(server, client, response).catch((error: { error?: string }) => error.error)
    },
    async decide(url: string, code: string, decision: 'allow' | 'deny') {
      const page = await (await fetch(url)).text()
      const form = new URLSearchParams({ user_code: code, account: '1002', decision })
      const answer = await fetch(url, { method: 'POST', body: form })
      return { page, status: answer.status }
    },
    read: async (access: string) =>
      (await fetch(`${simulator.baseUrl}/things/1`, { headers: { authorization: `Bearer ${access}` } })).status,
  }
}

test('AUT-09: a code that somebody allows on another device becomes tokens, once', async () => {
  const { simulator, begin, poll, decide, read } = await started()
  try {
    const begun = await begin()
    expect(begun.user_code).toMatch(/^[B-Z]{4}-[B-Z]{4}$/)
    expect(await poll(begun.device_code)).toBe('authorization_pending')
    const typed = begun.user_code.toLowerCase().replace('-', ' ')
    const { page, status } = await decide(begun.verification_uri_complete ?? '', typed, 'allow')
    expect(page).toContain('Simulated Things')
    expect(page).toContain(`value="${begun.user_code}"`)
    expect(status).toBe(200)
    const tokens = (await poll(begun.device_code)) as oauth.TokenEndpointResponse
    expect(tokens).toMatchObject({ scope: 'read', refresh_token: expect.any(String) })
    expect(await read(tokens.access_token)).toBe(200)
    expect(await read('another')).toBe(401)
    expect(await poll(begun.device_code)).toBe('invalid_grant')
  } finally {
    await simulator.close()
  }
})

test('AUT-09: a denied, a strange and an old code, impatience and a strange program are refused', async () => {
  const { simulator, at, begin, poll, decide } = await started()
  try {
    const [denied, old] = [await begin(), await begin()]
    expect((await decide(denied.verification_uri, 'BBBB-BBBB', 'allow')).status).toBe(400)
    expect((await decide(denied.verification_uri, denied.user_code, 'deny')).status).toBe(200)
    expect(await poll(denied.device_code)).toBe('access_denied')
    expect(await poll(old.device_code)).toBe('authorization_pending')
    at.nowMs -= 900
    expect(await poll(old.device_code)).toBe('slow_down')
    at.nowMs += 600_000
    expect(await poll(old.device_code)).toBe('expired_token')
    expect((await decide(old.verification_uri, old.user_code, 'allow')).status).toBe(400)
    expect(await poll('another')).toBe('invalid_grant')
    await expect(begin({ client_id: 'another' })).rejects.toMatchObject({ status: 401 })
  } finally {
    await simulator.close()
  }
})
