import { globSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { Secret } from '../base/secret.ts'
import { auditActions } from '../store/actions.ts'
import { memoryStore } from '../store/memory.ts'
import { asJson, authorised, expectProblem, start, token } from './server.fixture.ts'

interface Page {
  readonly entries: readonly Record<string, unknown>[]
  readonly next: number | null
}

const post = (body: unknown, headers: Record<string, string> = asJson): RequestInit => ({
  method: 'POST',
  headers: { 'content-type': 'application/json', ...headers },
  body: JSON.stringify(body),
})

test('OBS-06: who did what, to what, from where and with what outcome', async () => {
  const { ask, engine, signIn } = await start()
  const { run } = await engine.start({ tenant: 'default', flow: 'by-hand', input: { month: '5' } })
  const mia = await signIn('mia')
  await ask('/api/v1/flows/by-hand/pause', post({}, mia))
  await ask(`/api/v1/runs/${run.slice(-8)}/anew`, post({}))
  await ask('/api/v1/runs/none/retry', post({}, mia))
  await ask(`/api/v1/runs/${run}/decisions`, post({ step: 'x', decision: 'retry' }, mia))
  await ask('/api/v1/session', { method: 'DELETE', headers: mia })
  const { entries } = (await (await ask('/api/v1/audit', { headers: authorised })).json()) as Page
  expect(entries.map(({ at: _at, number: _number, ...entry }) => entry)).toMatchObject([
    { action: 'session.ended', by: 'mia', outcome: 'done' },
    { action: 'run.decided', by: 'mia', subject: run, outcome: 'failed', details: { step: 'x', decision: 'retry' } },
    { action: 'run.retried', by: 'mia', subject: 'none', outcome: 'failed', details: { code: 'NOT_FOUND' } },
    {
      action: 'run.started-anew',
      by: 'operator',
      subject: expect.stringMatching(/^\w{25}$/) as string,
      from: '127.0.0.1',
      outcome: 'done',
    },
    { action: 'flow.paused', by: 'mia', subject: 'by-hand', outcome: 'done', tenant: 'default', from: '127.0.0.1' },
    { action: 'sign-in.done', by: 'mia', subject: 'mia', from: '127.0.0.1' },
  ])
})

test('OBS-06: every action of the catalogue is written somewhere', () => {
  const root = join(import.meta.dirname, '..')
  const sources = globSync('**/*.ts', { cwd: root })
    .filter((file) => !file.includes('.test.') && !file.includes('.suite.') && file !== join('store', 'actions.ts'))
    .map((file) => readFileSync(join(root, file), 'utf8'))
  const unused = Object.keys(auditActions).filter((action) => !sources.some((source) => source.includes(`'${action}'`)))
  expect(unused).toEqual([])
})

test('OBS-06: refusals are told, but nobody fills the log with them', async () => {
  let now = 1_000_000
  const clock = { now: () => now, after: () => () => undefined, whenQuiet: (then: () => void) => setImmediate(then) }
  const { ask, server, store } = await start({ clock })
  for (let count = 0; count < 25; count += 1)
    await expectProblem(
      await ask('/api/v1/status', { headers: { authorization: 'Bearer wrong' } }),
      401,
      'UNAUTHENTICATED',
    )
  await ask('/console/sign-in', {
    method: 'POST',
    headers: { 'content-type': 'application/x-www-form-urlencoded', origin: server.url },
    body: `token=${'a'.repeat(43)}`,
  })
  expect(await store.audit({ tenant: 'default', limit: 100 })).toHaveLength(10)
  now += 60_000
  await ask('/api/v1/flows', { headers: { authorization: 'Bearer wrong' } })
  expect(await store.audit({ tenant: 'default', limit: 1 })).toMatchObject([
    {
      action: 'access.refused',
      by: 'nobody',
      subject: 'flows:read',
      outcome: 'refused',
      from: '127.0.0.1',
      details: { code: 'UNAUTHENTICATED', before: 16 },
    },
  ])
})

test('OBS-06: who shows nothing is asked who they are, and is not in the log; who shows something wrong is', async () => {
  const { ask, server, store, signIn } = await start()
  for (const path of ['/api/v1/session', '/api/v1/status', '/api/v1/runs', '/api/v1/live'])
    await expectProblem(await ask(path), 401, 'UNAUTHENTICATED')
  await expectProblem(await ask('/api/v1/runs', { headers: { cookie: 'theme=dark' } }), 401, 'UNAUTHENTICATED')
  expect(await store.audit({ tenant: 'default', limit: 10 })).toEqual([])

  const { cookie } = await signIn('mia')
  const ended = cookie.replace(/=.{4}/, '=AAAA')
  const wrong: [string, RequestInit, number][] = [
    ['/api/v1/runs', { headers: { authorization: 'Bearer' } }, 401],
    ['/api/v1/runs', { headers: { cookie: ended } }, 401],
    ['/api/v1/runs', { headers: { cookie, origin: 'https://evil.example', 'sec-fetch-site': 'cross-site' } }, 403],
    ['/api/v1/sign-in-links', { method: 'POST', headers: { cookie, origin: server.url } }, 403],
  ]
  for (const [path, asked, status] of wrong) expect((await ask(path, asked)).status).toBe(status)
  const entries = await store.audit({ tenant: 'default', limit: 10 })
  expect(entries.map(({ action, by, details }) => `${action} ${by} ${String(details?.['code'] ?? '')}`)).toEqual([
    'access.refused mia FORBIDDEN',
    'access.refused nobody FORBIDDEN',
    'access.refused nobody UNAUTHENTICATED',
    'access.refused nobody UNAUTHENTICATED',
    'sign-in.done mia ',
  ])
})

test('SEC-09 SEC-11: a person sees their own tenant, a program names one; no entry holds a token', async () => {
  const { ask, store, signIn } = await start()
  const entry = { at: 1, by: 'joe', action: 'run.retried', subject: 'x', outcome: 'done' } as const
  await store.write({ changes: [], audit: [{ ...entry, tenant: 'other' }] })
  const mia = await signIn()
  await expectProblem(await ask('/api/v1/audit?tenant=other', { headers: mia }), 403, 'FORBIDDEN')
  await expectProblem(await ask('/api/v1/audit/verification?tenant=other', { headers: mia }), 403, 'FORBIDDEN')
  const page = (await (await ask('/api/v1/audit?tenant=other', { headers: authorised })).json()) as Page
  expect(page).toMatchObject({ entries: [{ by: 'joe', tenant: 'other' }], next: null })
  const own = await (await ask('/api/v1/audit', { headers: mia })).text()
  expect(own).not.toContain('joe')
  for (const secret of [token, mia.cookie.split('=')[1] ?? '']) expect(own).not.toContain(secret)
})

test('pages go back to the first entry', async () => {
  const { ask, store } = await start()
  const entry = { tenant: 'default', at: 1, by: 'joe', action: 'run.retried', outcome: 'done' } as const
  await store.write({ changes: [], audit: ['1', '2', '3', '4', '5'].map((subject) => ({ ...entry, subject })) })
  const seen: unknown[] = []
  let query = 'limit=2'
  for (;;) {
    const { entries, next } = (await (await ask(`/api/v1/audit?${query}`, { headers: authorised })).json()) as Page
    seen.push(...entries.map(({ subject }) => subject))
    if (next === null) break
    query = `limit=2&before=${next}`
  }
  expect(seen).toEqual(['5', '4', '3', '2', '1'])
})

test('OBS-06: the vault signs how far the log goes: one that is cut off, or made anew with all its hashes, is noticed', async () => {
  const store = memoryStore()
  const { ask, vault, audit } = await start({ store })
  const verdict = async (): Promise<unknown> =>
    (await ask('/api/v1/audit/verification', { headers: authorised })).json()
  expect(await verdict()).toEqual({ brokenAt: null, head: null, signedTo: null })
  await vault.seal({ tenant: 'default', connection: 'a/b', field: 'key', version: 1 }, new Secret('x'))
  for (const flow of ['by-hand', 'as-given', 'by-hand']) await ask(`/api/v1/flows/${flow}/pause`, post({}))
  await audit.close()
  expect(await verdict()).toMatchObject({ brokenAt: null, head: { number: 3 }, signedTo: 3 })

  const rows = store.state.audit.get('default') ?? []
  const last = rows.pop()
  expect(await verdict()).toMatchObject({ brokenAt: 3, head: { number: 2 } })
  await ask('/api/v1/flows/other/pause', post({}))
  expect(await verdict()).toMatchObject({ brokenAt: 3, head: { number: 3 } })
  rows.splice(2, 1, ...(last === undefined ? [] : [last]))
  expect(await verdict()).toMatchObject({ brokenAt: null, signedTo: 3 })

  const signed = await store.get({ tenant: 'default', kind: 'audit-head', id: 'signed' })
  const forged = { ...(JSON.parse(signed?.body ?? '') as object), number: 2, hash: rows[1]?.hash }
  await store.write({
    changes: [{ tenant: 'default', kind: 'audit-head', id: 'signed', expect: 1, body: JSON.stringify(forged) }],
  })
  expect(await verdict()).toMatchObject({ brokenAt: 2 })
})

test('an order is carried out although the log of it cannot be written, and that is told', async () => {
  const { ask, store, lines } = await start()
  await store.close()
  expect((await ask('/api/v1/flows/by-hand/pause', post({}))).status).toBe(202)
  expect(lines.join('\n')).toMatch(/flow\.paused.*audit\.lost/)
})
