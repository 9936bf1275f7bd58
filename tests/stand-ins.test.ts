// Accounts of stand-ins that a person connected: they are still there after a restart, and wherever the stand-ins are by then.
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { createServer, type Server } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { systemClock } from '../packages/tenon/src/base/clock.ts'
import { startApplication, type Application } from '../packages/tenon/src/server/application.ts'
import { createLog } from '../packages/tenon/src/telemetry/log.ts'
import { createRedactor } from '../packages/tenon/src/telemetry/redact.ts'

let folder: string
let lines: string[]
let application: Application
let squatters: Server[]

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'tenon-stand-ins-'))
  lines = []
  squatters = []
})
afterEach(async () => {
  await application.drain(1000)
  for (const squatter of squatters) squatter.close()
  rmSync(folder, { recursive: true, force: true })
})

async function start({ simulate = true } = {}): Promise<void> {
  const redactor = createRedactor()
  const write = (line: string): void => void lines.push(line)
  application = await startApplication({
    appFile: join(import.meta.dirname, 'stand-ins/app.ts'),
    dataFolder: join(folder, 'data'),
    port: 0,
    environment: {},
    simulate,
    redactor,
    log: createLog({ clock: systemClock, redactor, form: 'json', level: 'info', write }),
  })
}

/** Stops, and starts where the places of the stand-ins are taken by others. */
async function moveHouse(): Promise<void> {
  const ports = application.simulators.map(({ origin }) => Number(new URL(origin).port))
  await application.drain(1000)
  for (const port of ports) {
    const squatter = createServer((socket) => socket.destroy())
    squatters.push(squatter)
    await new Promise<void>((resolve) => squatter.listen(port, '127.0.0.1', resolve))
  }
  await start()
  expect(application.simulators.map(({ origin }) => Number(new URL(origin).port))).not.toEqual(ports)
}

async function ask(method: string, path: string, body?: unknown): Promise<Record<string, unknown>> {
  const token = readFileSync(join(folder, 'data/operator-token'), 'utf8').trim()
  const response = await fetch(`${application.url}/api/v1${path}`, {
    method,
    headers: { authorization: `Bearer ${token}`, 'content-type': 'application/json' },
    ...(body !== undefined && { body: JSON.stringify(body) }),
  })
  const answer = (await response.json()) as Record<string, unknown>
  return { status: response.status, ...answer }
}

/** Allows it at the stand-in's own page, as a browser does. */
async function consent(account: string): Promise<void> {
  const begun = await ask('POST', '/connections/hubspot/mine/consents', {})
  const url = String(begun['url'])
  const page = await (await fetch(url)).text()
  const form = new URLSearchParams({
    consent: /name="consent" value="([^"]+)"/.exec(page)?.[1] ?? '',
    account,
    decision: 'allow',
  })
  const answer = await fetch(url, { method: 'POST', body: form, redirect: 'manual' })
  const back = new URL(answer.headers.get('location') ?? '')
  const ended = await fetch(application.url + back.pathname, {
    method: 'POST',
    headers: { origin: application.url },
    body: new URLSearchParams({ answer: back.search.slice(1) }),
  })
  expect(await ended.text()).toContain('The account is connected')
}

async function resultOfRun(): Promise<unknown> {
  const { engine } = application
  const ended = new Promise<unknown>((resolve) => {
    const stop = engine.listen((told) => {
      if (!/^run\.(completed|failed|parked)$/.test(told.name)) return
      stop()
      resolve(told)
    })
  })
  const { run } = await engine.start({ tenant: 'default', flow: 'look', input: {} })
  await ended
  const { output, error } = await ask('GET', `/runs/${run}`)
  return error ?? output
}

const standIn = (name: string) => application.simulators.find(({ connector }) => connector === name)!

/** Its address is said: without it a key is that of a real account. */
async function connectBank(baseUrl?: string): Promise<void> {
  const { credentials } = standIn('stripe')
  const kept = await ask('PUT', '/connections/stripe/mine', {
    fields: { secretKey: credentials['secretKey'] },
    baseUrl,
  })
  expect(kept).toMatchObject({ status: 200, baseUrl: standIn('stripe').baseUrl })
}

const found = { portalId: 1002, object: 'list' }

test('a stored connection to a stand-in works over a restart, a move, lost tokens and a new consent', async () => {
  await start()
  await consent('1002')
  await connectBank(standIn('stripe').baseUrl)
  expect(await resultOfRun()).toEqual(found)

  await application.drain(1000)
  await start()
  expect(await resultOfRun()).toEqual(found)

  await moveHouse()
  expect(await resultOfRun()).toEqual(found)
  // Its tokens are asked for anew where the stand-in is now.
  standIn('hubspot').faults.revokeTokens()
  expect(await resultOfRun()).toEqual(found)

  // What a person changes stays one of the stand-in.
  await connectBank()
  await consent('1002')
  await application.drain(1000)
  await start()
  expect(await resultOfRun()).toEqual(found)
  expect(await ask('POST', '/connections/hubspot/mine/test')).toMatchObject({ status: 200 })
  expect((await ask('GET', '/audit?limit=1'))['entries']).toMatchObject([
    { action: 'connection.tested', subject: 'hubspot/mine', details: { outcome: 'works' } },
  ])
}, 60_000)

test('an account that its provider kept from being tried says so, since when and why, until a try works', async () => {
  await start()
  const { credentials, baseUrl, faults } = standIn('stripe')
  faults.set({ kind: 'unavailable', next: 1 })
  const fields = { secretKey: credentials['secretKey'] }
  const kept = await ask('PUT', '/connections/stripe/mine', { fields, baseUrl })
  expect(kept).toMatchObject({
    status: 200,
    account: null,
    untried: { cause: expect.stringContaining('503') as string },
  })

  expect(await ask('POST', '/connections/stripe/mine/test')).toMatchObject({ outcome: 'works' })
  const found = await ask('GET', '/connections/stripe/mine')
  expect(found).toMatchObject({ untried: null, account: { id: expect.any(String) as string } })
  await application.drain(1000)
  await start()
  expect(await ask('GET', '/connections/stripe/mine')).toMatchObject({ untried: null, account: found['account'] })
  expect(await ask('POST', '/connections/stripe/mine/test')).toMatchObject({ outcome: 'works' })
})

test('EGR-07: without stand-ins it says so, and what stood for a credential goes to nobody', async () => {
  await start()
  await consent('1001')
  await connectBank(standIn('stripe').baseUrl)
  await application.drain(1000)
  lines = []
  await start({ simulate: false })
  const { connections } = await ask('GET', '/connections')
  expect(connections).toMatchObject([
    { connector: 'hubspot', name: 'mine', state: expect.not.stringMatching(/healthy/) as string },
    { connector: 'stripe', name: 'mine', state: expect.not.stringMatching(/healthy/) as string },
  ])
  expect(JSON.stringify(await resultOfRun())).toContain(
    'was connected to a simulator, which does not run; connect a real account',
  )
  // As it is told to.
  const real = await ask('PUT', '/connections/stripe/mine', { fields: { secretKey: 'sk_live_canary' } })
  expect(real).toMatchObject({ status: 200, baseUrl: 'https://api.stripe.com', state: 'healthy' })
})
