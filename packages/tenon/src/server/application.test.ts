import { mkdirSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { createServer, type AddressInfo, type Server as NetServer } from 'node:net'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { memoryJournal } from '../journal/memory.ts'
import { createLog } from '../telemetry/log.ts'
import { createRedactor } from '../telemetry/redact.ts'
import { startApplication, type Application, type ApplicationOptions } from './application.ts'
import { checkDeploy } from './check-deploy.ts'
import { connectToServer } from './management-client.ts'
import { makeSamples } from './samples.ts'

let folder: string
const running: Application[] = []

beforeEach(() => {
  // Beside the sources, so that the apps in it find the packages.
  folder = mkdtempSync(join(import.meta.dirname, '../../.test-'))
})
afterEach(async () => {
  for (const application of running.splice(0)) await application.drain(1000)
  rmSync(folder, { recursive: true, force: true })
})

const soundApp = `
import { bearer, defineApp, defineConnector, defineFlow, operation, timestampedHmac } from 'tenon'
import { defineSimulator, cause } from 'tenon/simulator'
import { z } from 'zod'
const paid = z.object({ id: z.string() })
const pay = defineConnector('pay', {
  baseUrl: 'https://pay.example/v1',
  auth: bearer('apiKey', 'API key'),
  operations: { getOrder: operation({ method: 'GET', path: '/orders/{id}', input: paid, output: paid }) },
  events: { paid: { data: paid } },
  webhooks: { verify: timestampedHmac({ header: 'pay-signature', field: 'webhookSecret' }), read: (body) => [body] },
})
const simulator = defineSimulator(pay, {
  operations: { getOrder: ({ id }) => ({ id }) },
  events: { paid: cause(paid, (input, simulation) => simulation.deliver('paid', { id: simulation.id('evt_'), type: 'paid', data: input })) },
  refuse: () => ({ status: 400, body: {}, headers: {} }),
  samples: [{ event: 'paid', input: { id: '1' } }, { event: 'paid', input: { id: '2' } }],
})
const flow = defineFlow('order-paid', {
  trigger: pay.on('paid'),
  uses: { pay },
  async run({ event, pay, step }) {
    const order = await pay.getOrder({ id: event.data.id })
    await step.sleep('1h')
    return order
  },
})
export default defineApp({ flows: [flow], simulators: [simulator] })
`

function write(name: string, text: string): string {
  const path = join(folder, name)
  writeFileSync(path, text)
  return path
}

async function start(changed: Partial<ApplicationOptions> = {}): Promise<Application & { readonly lines: string[] }> {
  const redactor = createRedactor()
  const lines: string[] = []
  const clock = { now: () => 0, after: () => () => undefined, whenQuiet: () => undefined }
  const application = await startApplication({
    appFile: changed.appFile ?? write('app.ts', soundApp),
    dataFolder: join(folder, 'data'),
    port: 0,
    environment: {},
    log: createLog({ clock, redactor, form: 'json', write: (line) => void lines.push(line) }),
    redactor,
    ...changed,
  })
  running.push(application)
  return Object.assign(application, { lines })
}

function portOf(server: NetServer): Promise<number> {
  return new Promise((resolve) => {
    server.listen(0, '127.0.0.1', () => resolve((server.address() as AddressInfo).port))
  })
}

async function freePort(): Promise<number> {
  const server = createServer()
  const port = await portOf(server)
  await new Promise((resolve) => void server.close(resolve))
  return port
}

/** Until the engine says so: never a pause of a guessed length. */
function happening(application: Application, name: string, times: number): Promise<void> {
  return new Promise((resolve) => {
    let left = times
    const stop = application.engine.listen((told) => {
      if (told.name === name) left -= 1
      if (left > 0) return
      stop()
      resolve()
    })
  })
}

describe('an app at work', () => {
  test('its samples go the whole way: simulator, signed webhook, flow, call of the simulator', async () => {
    const application = await start()
    const waited = happening(application, 'run.waited', 2)
    expect(await makeSamples(application)).toEqual({ made: 2, unconnected: [] })
    await waited
    const runs = (await application.engine.list({ tenant: 'default', limit: 10 })).runs
    expect(runs.map(({ flow, status }) => [flow, status])).toEqual([
      ['order-paid', 'waiting'],
      ['order-paid', 'waiting'],
    ])
  })

  test('a restart finds the same runs, the same token and the same simulators at the same places', async () => {
    const first = await start()
    const waited = happening(first, 'run.waited', 2)
    await makeSamples(first)
    await waited
    const known = {
      token: readFileSync(join(folder, 'data', 'operator-token'), 'utf8'),
      origin: first.simulators[0]?.origin,
      credentials: first.simulators[0]?.credentials,
    }
    expect([first.isFirstStart, await first.drain(1000)]).toEqual([true, { interrupted: 0, waiting: 2, ready: 0 }])

    const second = await start()
    expect([second.isFirstStart, second.isAfterCrash]).toEqual([false, false])
    expect(await second.engine.counts('default')).toMatchObject({ waiting: 2 })
    expect({
      token: readFileSync(join(folder, 'data', 'operator-token'), 'utf8'),
      origin: second.simulators[0]?.origin,
      credentials: second.simulators[0]?.credentials,
    }).toEqual(known)
  })

  test('the command line finds it by its data folder, and no longer after its end', async () => {
    const application = await start()
    expect(await connectToServer(application).get('/status')).toMatchObject({
      state: 'ready',
      counts: { waiting: 0 },
    })
    await application.drain(1000)
    expect(() => connectToServer(application)).toThrow(/No server is running/)
  })

  test('the operator token can come from the environment, so that several servers share one', async () => {
    const given = 'a'.repeat(40)
    const first = await start({ environment: { TENON_OPERATOR_TOKEN: given } })
    expect(await connectToServer(first).get('/status')).toMatchObject({ state: 'ready' })
    expect(readFileSync(join(folder, 'data', 'operator-token'), 'utf8').trim()).toBe(given)
    await first.drain(1000)
    await expect(start({ environment: { TENON_OPERATOR_TOKEN: 'guess me' } })).rejects.toMatchObject({
      code: 'INPUT_INVALID',
      message: expect.not.stringContaining('guess') as string,
    })
  })

  test('a connection that does not exist is not found, which is no fault of the server', async () => {
    const { dataFolder } = await start()
    await expect(connectToServer({ dataFolder }).get('/connections/pay/nobody')).rejects.toMatchObject({
      code: 'NOT_FOUND',
      message: expect.stringContaining('There is no connection pay/nobody.') as string,
    })
  })

  test('a connection tells when a call used it last', async () => {
    const application = await start()
    const { get } = connectToServer(application)
    expect(await get('/connections/pay/main')).toMatchObject({ lastUsedAt: null })
    const waited = happening(application, 'run.waited', 2)
    await makeSamples(application)
    await waited
    expect(await get('/connections/pay/main')).toMatchObject({ lastUsedAt: expect.any(Number) as number })
  })

  test('beside a stand-in the real account can be connected by its key', async () => {
    const application = await start()
    const { get } = connectToServer(application)
    const { connectors } = (await get('/connectors')) as { connectors: object[] }
    expect(connectors).toContainEqual(expect.objectContaining({ connector: 'pay', simulated: false }))
    expect(JSON.stringify(connectors)).not.toContain('127.0.0.1')
  })

  test('draining twice is draining once; meanwhile health says so', async () => {
    const application = await start({ openJournal: async () => memoryJournal() })
    const first = application.drain(1000)
    expect(application.drain(1000)).toBe(first)
    await first
    await expect(fetch(`${application.url}/health`)).rejects.toThrow('fetch failed')
  })

  test('what fails to start leaves nothing running and can be started again', async () => {
    const blocker = createServer()
    const port = await portOf(blocker)
    await expect(start({ port })).rejects.toMatchObject({
      code: 'PORT_TAKEN',
      message: expect.stringContaining('PORT') as string,
    })
    await new Promise((resolve) => void blocker.close(resolve))
    expect((await start({ port })).server.port).toBe(port)
  })
})

describe('SEC-16: as shipped', () => {
  test('SEC-16: it listens on loopback only, with a token of its own that only the owner can read', async () => {
    const application = await start()
    expect(application.url).toMatch(/^http:\/\/127\.0\.0\.1:/)
    const path = join(folder, 'data', 'operator-token')
    expect(readFileSync(path, 'utf8')).toMatch(/^tenon_operator_[0-9a-f]{64}\n$/)
    for (const name of ['operator-token', 'server.json', 'simulators/pay.json'])
      expect(statSync(join(folder, 'data', name)).mode & 0o077).toBe(0)
    for (const { origin } of application.simulators) expect(origin).toMatch(/^http:\/\/127\.0\.0\.1:/)
    expect((await fetch(`${application.url}/api/v1/runs`)).status).toBe(401)
    for (const debug of ['/debug', '/queue', '/admin', '/.env', '/api', '/api/v1'])
      expect((await fetch(application.url + debug)).status).toBe(404)
  })

  test("SEC-17: who has signed in stays so over a restart; the file is the owner's alone and lets nobody in", async () => {
    const port = await freePort()
    const enter = async (application: Application): Promise<string> => {
      const { url } = await application.server.signInLink('mia')
      const response = await fetch(`${application.url}/console/sign-in`, {
        method: 'POST',
        redirect: 'manual',
        headers: { origin: application.url },
        body: new URLSearchParams({ token: new URL(url).searchParams.get('token') ?? '' }),
      })
      return response.headers.get('set-cookie')?.split(';', 1)[0] ?? 'none'
    }
    const first = await start({ port })
    const cookie = await enter(first)
    await first.drain(1000)
    const path = join(folder, 'data', 'sessions.json')
    expect(statSync(path).mode & 0o077).toBe(0)
    expect(readFileSync(path, 'utf8')).not.toContain(cookie.split('=')[1])

    const second = await start({ port })
    const who = async (): Promise<number> =>
      (await fetch(`${second.url}/api/v1/session`, { headers: { cookie } })).status
    expect(await who()).toBe(200)
    // Another data folder on the same port and host is another installation: its cookie has another name.
    const other = await start({ dataFolder: join(folder, 'other') })
    expect((await enter(other)).split('=')[0]).not.toBe(cookie.split('=')[0])
    await second.drain(1000)
    writeFileSync(path, '{"sessions": [{"digest": 7}], "li')
    const third = await start({ port })
    expect((await fetch(`${third.url}/api/v1/session`, { headers: { cookie } })).status).toBe(401)
    await third.drain(1000)
    rmSync(path, { force: true })
    mkdirSync(path)
    expect(await enter(await start({ port }))).not.toBe('none')
  })

  test.each([
    'tenon.example.com',
    'ftp://tenon.example.com',
    'https://tenon.example.com/path',
    'https://a:b@x.example',
  ])('TENON_URL as %s is a mistake that is told', async (url) => {
    await expect(start({ environment: { TENON_URL: url } })).rejects.toMatchObject({
      code: 'INPUT_INVALID',
      message: expect.stringContaining('TENON_URL') as string,
    })
  })

  test('SEC-16: two installations have different tokens', async () => {
    await start({ dataFolder: join(folder, 'one') })
    await start({ dataFolder: join(folder, 'two') })
    const [one, two] = ['one', 'two'].map((name) => readFileSync(join(folder, name, 'operator-token'), 'utf8'))
    expect(one).not.toBe(two)
  })

  test('SEC-11: no credential of a simulator is in a line of the log', async () => {
    const application = await start()
    const { credentials } = application.simulators[0]!
    await fetch(`${application.url}/hooks/pay?key=${credentials['apiKey']}`, {
      method: 'POST',
      body: '{}',
      headers: { 'pay-signature': credentials['webhookSecret'] ?? '' },
    })
    await fetch(`${application.url}/${credentials['webhookSecret']}`)
    expect(application.lines.length).toBeGreaterThanOrEqual(2)
    for (const value of Object.values(credentials)) expect(application.lines.join('')).not.toContain(value)
  })
})

test('connections that are missing are a mistake when simulators are not wanted', async () => {
  await expect(start({ simulate: false })).rejects.toMatchObject({
    code: 'APP_INVALID',
    message: expect.stringContaining('there is no connection for pay') as string,
  })
})

describe('a check before a deploy', () => {
  const changed = soundApp.replace(
    'await pay.getOrder({ id: event.data.id })',
    "await pay.getOrder({ id: 'other' + event.data.id })",
  )

  test.each(['by the running server', 'in the resting folder'])(
    'names the living runs that new code does not fit, %s',
    async (where) => {
      const application = await start()
      const waited = happening(application, 'run.waited', 2)
      await makeSamples(application)
      await waited
      if (where === 'in the resting folder') await application.drain(1000)
      const { dataFolder } = application
      expect(await checkDeploy({ appFile: write('same.ts', soundApp), dataFolder })).toMatchObject({
        problems: [],
        divergences: [],
        runs: 2,
      })
      const { divergences } = await checkDeploy({ appFile: write('changed.ts', changed), dataFolder })
      expect(divergences?.map(({ flow }) => flow)).toEqual(['order-paid', 'order-paid'])
      // Nothing has come of it.
      expect(await checkDeploy({ appFile: write('again.ts', soundApp), dataFolder })).toMatchObject({
        divergences: [],
        runs: 2,
      })
    },
  )
})
