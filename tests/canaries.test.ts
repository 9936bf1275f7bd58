import { createHash } from 'node:crypto'
import { cpSync, mkdtempSync, readFileSync, rmSync, statSync, globSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, expect, test, vi } from 'vitest'
import { systemClock } from '../packages/tenon/src/base/clock.ts'
import { startApplication, type Application } from '../packages/tenon/src/server/application.ts'
import { createLog } from '../packages/tenon/src/telemetry/log.ts'
import { createRedactor } from '../packages/tenon/src/telemetry/redact.ts'
import { authsAt, verify } from './canaries/auths.ts'
import { startProvider, ways } from './canaries/provider.ts'
import { findCanaries } from './canaries/search.ts'

const canaries = new Map<string, string>()
function canary(name: string): string {
  const value = `canary/${name}+"${canaries.size}"\\=s3cret`
  canaries.set(name, value)
  return value
}

const folder = mkdtempSync(join(tmpdir(), 'tenon-canaries-'))
afterAll(() => rmSync(folder, { recursive: true, force: true }))
const places = new Map<string, string | Buffer>()

function keepFiles(of: string, where: string): void {
  for (const file of globSync('**', { cwd: of }))
    if (statSync(join(of, file)).isFile()) places.set(`${where}: ${file}`, readFileSync(join(of, file)))
}

/** Resolves once all runs have ended, well or badly. */
async function callAll(application: Application): Promise<string[]> {
  const runs: string[] = []
  const names = [...Object.keys(authsAt('')), 'stored']
  const inputs = names.flatMap((connector) => ways.map((how) => ({ connector, how })))
  const ended = new Set<string>()
  const stop = application.engine.listen((told) => {
    if (/^run\.(completed|failed|cancelled|parked|waited)$/.test(told.name)) ended.add((told as { run: string }).run)
  })
  for (const input of inputs)
    runs.push((await application.engine.start({ tenant: 'default', flow: 'call', input })).run)
  await vi.waitFor(() => expect(runs.filter((run) => !ended.has(run))).toEqual([]), { timeout: 60_000 })
  stop()
  return runs
}

test('SEC-11, DAT-04: no answer, log line or file holds a credential, in any form', async () => {
  const token = canary('access-token')
  const provider = await startProvider(token)
  const environment: Record<string, string> = {
    TENON_ALLOW_ORIGINS: `${provider.origin},${provider.tokens}`,
    TENON_MASTER_KEY: createHash('sha256').update('a master key').digest('base64'),
  }
  canaries.set('master-key', environment['TENON_MASTER_KEY'] ?? '')
  for (const [name, { fields }] of Object.entries(authsAt(provider.tokens))) {
    for (const field of [...Object.keys(fields), 'hookSecret'])
      environment[`CANARY_${name}_${field}`] = fields[field]?.secret === false ? 'mia' : canary(`${name}-${field}`)
  }
  // Read by the app's own file.
  vi.stubEnv('CANARY_ORIGIN', provider.origin)
  vi.stubEnv('CANARY_TOKENS', provider.tokens)
  const redactor = createRedactor()
  const lines: string[] = []
  const log = createLog({
    clock: systemClock,
    redactor,
    form: 'json',
    level: 'info',
    write: (line) => void lines.push(line),
  })
  const dataFolder = join(folder, 'data')
  const appFile = join(import.meta.dirname, 'canaries/app.ts')
  const application = await startApplication({ appFile, dataFolder, port: 0, environment, log, redactor })
  const headers = {
    authorization: `Bearer ${readFileSync(join(dataFolder, 'operator-token'), 'utf8').trim()}`,
    'content-type': 'application/json',
  }
  const ask = async (
    method: string,
    path: string,
    body?: string,
    more: Record<string, string> = {},
  ): Promise<number> => {
    const signal = AbortSignal.timeout(path === '/api/v1/live' ? 200 : 5000)
    const response = await fetch(application.url + path, {
      method,
      redirect: 'manual',
      headers: { ...headers, ...more },
      signal,
      ...(body && { body }),
    })
    const text = await response.text().catch(() => '')
    places.set(`${method} ${path} ${places.size}`, JSON.stringify([...response.headers]) + text)
    return response.status
  }

  const stored = { secret: canary('stored-secret'), hookSecret: canary('stored-hookSecret') }
  const put = JSON.stringify({ fields: stored, baseUrl: provider.origin })
  expect(await ask('PUT', '/api/v1/connections/bearer/stored', put)).toBe(200)
  const mixedUp = JSON.stringify({ fields: { [stored.secret]: 'secret' } })
  expect(await ask('PUT', '/api/v1/connections/bearer/stored', mixedUp)).toBe(400)
  await ask('POST', '/api/v1/connections/bearer/stored/test')
  const runs = await callAll(application)
  const hook = '{"id":"1"}'
  expect(await ask('POST', '/hooks/bearer/stored', hook, verify.sign(hook, stored.hookSecret, Date.now()))).toBe(200)
  expect(await ask('POST', '/hooks/bearer/stored', hook, verify.sign(hook, 'wrong', Date.now()))).toBe(401)

  const values: Record<string, string[]> = {
    ':run': runs,
    ':connector': ['bearer', 'basic'],
    ':name': ['main'],
    ':flow': ['call'],
  }
  for (const { method, path } of application.server.routes.filter((route) => route.method === 'GET')) {
    const parameter = /:\w+/.exec(path)?.[0] ?? ''
    for (const value of values[parameter] ?? ['x'])
      await ask(
        method,
        path
          .replace(parameter, value)
          .replace(':name', value === 'bearer' ? 'stored' : 'main')
          .replace(/:\w+/g, 'x')
          .replace('*', 'x'),
      ).catch(() => undefined)
  }
  const crashed = join(folder, 'crashed')
  cpSync(dataFolder, crashed, { recursive: true })
  keepFiles(crashed, 'after a crash')
  await application.drain(1000)
  provider.close()
  const echoed = findCanaries(canaries, new Map([['echo', provider.echoes.join('')]]))
  expect(echoed).toEqual(
    [
      'access-token',
      'bearer-secret',
      'basic-secret',
      'header-secret',
      'query-secret',
      'oauth-clientSecret',
      'stored-secret',
    ].map((name) => `${name} in echo`),
  )
  keepFiles(dataFolder, 'after the end')
  places.set('log', lines.join(''))
  expect(places.size).toBeGreaterThan(100)
  expect(findCanaries(canaries, places)).toEqual([])
  expect(findCanaries(canaries, new Map([['planted', Buffer.from(`  ${token}`).toString('base64url')]]))).toHaveLength(
    1,
  )
}, 120_000)
