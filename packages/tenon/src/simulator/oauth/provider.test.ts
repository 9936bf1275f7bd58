import { createHash, randomBytes } from 'node:crypto'
import { mkdtemp, readFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { z } from 'zod'
import { expect, test } from 'vitest'
import type { Clock } from '../../base/clock.ts'
import { defineConnector } from '../../definition/connector.ts'
import { oauth2 } from '../../definition/oauth.ts'
import { operation } from '../../definition/operation.ts'
import { Answer, defineSimulator } from '../behaviour.ts'
import { openSimulator, type OpenSimulator, type SimulatorOptions } from '../simulator.ts'

const crm = defineConnector('crm', {
  baseUrl: 'https://api.crm.example',
  auth: oauth2({
    endpoints: {
      authorisation: 'https://crm.example/oauth/authorize',
      token: 'https://api.crm.example/oauth/token',
      revocation: 'https://api.crm.example/oauth/revoke',
    },
    scopes: ['contacts'],
  }),
  operations: {
    whoAmI: operation({ method: 'GET', path: '/me', input: z.object({}), output: z.object({ account: z.string() }) }),
  },
})

const crmSimulator = defineSimulator(crm, {
  refuse: (refusal) => new Answer(refusal.reason === 'unauthenticated' ? 401 : 400, refusal),
  operations: { whoAmI: (_input, { account }) => ({ account }) },
})

const credentials = { clientId: 'app-1', clientSecret: 'a secret: with signs' }
/** Time that does not go on by itself. */
const still: Clock = { now: () => 1_700_000_000_000, after: () => () => undefined, whenQuiet: () => undefined }
const redirectUri = 'http://127.0.0.1:4400/connect/callback'

async function open(options: SimulatorOptions = {}) {
  const simulator = await openSimulator(crmSimulator, { credentials, ...options })
  const ask = (
    method: string,
    path: string,
    more: { query?: Record<string, string>; form?: Record<string, string>; headers?: Record<string, string> },
  ) => send(simulator, { method, path, ...more })
  const token = (form: Record<string, string>, secret = credentials.clientSecret) =>
    ask('POST', '/oauth/token', { form, headers: { authorization: basic(secret) } })
  return {
    simulator,
    ask,
    token,
    /** A person opens the page and presses a button. */
    async consent(decision: 'allow' | 'deny', account = '1001', asked: Record<string, string> = {}) {
      const verifier = randomBytes(32).toString('base64url')
      const challenge = createHash('sha256').update(verifier).digest('base64url')
      const query = {
        response_type: 'code',
        client_id: 'app-1',
        redirect_uri: redirectUri,
        state: 'a state',
        scope: 'contacts',
        code_challenge: challenge,
        code_challenge_method: 'S256',
        ...asked,
      }
      const page = await ask('GET', '/oauth/authorize', { query })
      const consent = /name="consent" value="(\w+)"/.exec(String(page.body))?.[1] ?? ''
      const answer = await ask('POST', '/oauth/authorize', { form: { consent, account, decision } })
      const back = new URL(answer.headers['location'] ?? page.headers['location'] ?? 'http://nowhere/')
      const code = back.searchParams.get('code') ?? ''
      const grant = { grant_type: 'authorization_code', code, redirect_uri: redirectUri, code_verifier: verifier }
      return { page, back, grant, consent }
    },
    whoAmI: (access: string) => ask('GET', '/me', { headers: { authorization: `Bearer ${access}` } }),
  }
}

function basic(secret: string): string {
  const both = [credentials.clientId, secret].map(encodeURIComponent).join(':')
  return `Basic ${Buffer.from(both).toString('base64')}`
}

async function send(
  simulator: OpenSimulator,
  {
    method,
    path,
    query = {},
    form,
    headers = {},
  }: {
    method: string
    path: string
    query?: Record<string, string>
    form?: Record<string, string>
    headers?: Record<string, string>
  },
): Promise<Answer> {
  const body = Buffer.from(form === undefined ? '' : new URLSearchParams(form).toString())
  const outcome = await simulator.answer(path, { method, headers, query, body })
  if (!(outcome instanceof Answer)) throw new Error('no answer came')
  return outcome
}

const tokensIn = ({ body }: Answer) =>
  body as { access_token: string; refresh_token: string; expires_in: number; scope: string }

test('AUT-01: a person allows an account, and the code becomes tokens that open that account', async () => {
  const { consent, token, whoAmI } = await open({ clock: still })
  const { page, back, grant } = await consent('allow', '1002')
  expect(String(page.body)).toContain('Simulated crm')
  expect(back.origin + back.pathname).toBe(redirectUri)
  expect(back.searchParams.get('state')).toBe('a state')
  const tokens = tokensIn(await token(grant))
  expect(tokens).toMatchObject({ expires_in: 1800, scope: 'contacts' })
  expect((await whoAmI(tokens.access_token)).body).toEqual({ account: '1002' })
})

test('a person denies: the program is told so, and there is no code', async () => {
  const { consent } = await open()
  const { back } = await consent('deny')
  expect(back.searchParams.get('error')).toBe('access_denied')
  expect(back.searchParams.get('code')).toBeNull()
})

test('a page is answered once', async () => {
  const { ask, consent } = await open()
  const first = await consent('deny')
  const again = await ask('POST', '/oauth/authorize', {
    form: { consent: first.consent, account: '1001', decision: 'allow' },
  })
  expect(again.status).toBe(400)
  expect(again.headers['location']).toBeUndefined()
})

test('what an address says is shown, never run', async () => {
  const { consent } = await open()
  const { page } = await consent('allow', '1001', { scope: '<script>alert(1)</script>' })
  expect(String(page.body)).not.toContain('<script')
  expect(page.headers['content-security-policy']).toContain("default-src 'none'")
})

test('nobody is sent to an address that is not on this machine or encrypted, nor for a strange program', async () => {
  const { ask } = await open()
  for (const query of [
    { client_id: 'app-1', redirect_uri: 'http://elsewhere.example/' },
    { client_id: 'app-1', redirect_uri: 'javascript:alert(1)' },
    { client_id: 'another', redirect_uri: redirectUri },
  ]) {
    const answer = await ask('GET', '/oauth/authorize', { query })
    expect([answer.status, answer.headers['location']]).toEqual([400, undefined])
  }
})

test('AUT-01: without PKCE there is no consent', async () => {
  const { consent } = await open()
  const { back } = await consent('allow', '1001', { code_challenge_method: 'plain' })
  expect(back.searchParams.get('error')).toBe('invalid_request')
})

test('a code is good once, for its verifier, its redirect and its client; one that comes again ends its tokens', async () => {
  const { consent, token, whoAmI } = await open()
  const { grant } = await consent('allow')
  const refusals = [
    await token({ ...grant, code_verifier: 'x'.repeat(43) }),
    await token({ ...grant, redirect_uri: `${redirectUri}/` }),
    await token({ ...grant, code: 'none' }),
  ]
  expect(refusals.map(({ body }) => body)).toEqual(refusals.map(() => ({ error: 'invalid_grant' })))
  expect((await token(grant, 'another secret')).body).toEqual({ error: 'invalid_client' })
  const { access_token: access } = tokensIn(await token(grant))
  expect((await whoAmI(access)).status).toBe(200)
  expect((await token(grant)).body).toEqual({ error: 'invalid_grant' })
  expect((await whoAmI(access)).status).toBe(401)
})

test('AUT-03: refresh tokens are good once; one that comes again ends all that came of the consent', async () => {
  const { consent, token, whoAmI } = await open()
  const { grant } = await consent('allow')
  const first = tokensIn(await token(grant))
  const refresh = (refresh_token: string) => token({ grant_type: 'refresh_token', refresh_token })
  const second = tokensIn(await refresh(first.refresh_token))
  expect((await whoAmI(second.access_token)).status).toBe(200)
  expect((await refresh(first.refresh_token)).body).toEqual({ error: 'invalid_grant' })
  expect((await refresh(second.refresh_token)).body).toEqual({ error: 'invalid_grant' })
  expect((await whoAmI(second.access_token)).status).toBe(401)
})

test('access tokens end by time, and tokens that are revoked end at once', async () => {
  let now = 1_700_000_000_000
  const clock: Clock = { now: () => now, after: () => () => undefined, whenQuiet: () => undefined }
  const { ask, consent, token, whoAmI } = await open({ clock })
  const tokens = tokensIn(await token((await consent('allow')).grant))
  now += 30 * 60_000
  expect((await whoAmI(tokens.access_token)).body).toMatchObject({ expired: true })
  const renewed = tokensIn(await token({ grant_type: 'refresh_token', refresh_token: tokens.refresh_token }))
  const headers = { authorization: basic(credentials.clientSecret) }
  await ask('POST', '/oauth/revoke', { form: { token: renewed.refresh_token }, headers })
  expect((await whoAmI(renewed.access_token)).status).toBe(401)
})

test('faults: an account that was taken back, a secret that was replaced, a token endpoint that fails', async () => {
  const { simulator, token } = await open()
  const { refresh } = simulator.consent() ?? {}
  const renew = () => token({ grant_type: 'refresh_token', refresh_token: refresh ?? '' })
  simulator.faults.set({ kind: 'credentials-revoked', of: 'token', next: 1 })
  expect((await renew()).body).toEqual({ error: 'invalid_grant' })
  simulator.faults.set({ kind: 'refused', of: 'token' })
  expect((await renew()).body).toEqual({ error: 'invalid_client' })
  simulator.faults.set({ kind: 'unavailable', of: 'token' })
  expect((await renew()).status).toBe(503)
  expect((await renew()).status).toBe(200)
})

test('SEC-11: the state file holds no code and no token', async () => {
  const file = join(await mkdtemp(join(tmpdir(), 'tenon-')), 'state')
  const { simulator, consent, token } = await open({ persist: file })
  const { grant } = await consent('allow')
  const tokens = tokensIn(await token(grant))
  await simulator.close()
  const text = await readFile(file, 'utf8')
  expect(text).toContain('access_tokens')
  for (const secret of [grant.code, tokens.access_token, tokens.refresh_token]) expect(text).not.toContain(secret)
})
