import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { get } from 'node:http'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { systemClock } from '../base/clock.ts'
import { createLog } from '../telemetry/log.ts'
import { promtoolProblems } from '../telemetry/promtool.fixture.ts'
import { createRedactor } from '../telemetry/redact.ts'
import { startApplication, type Application, type ApplicationOptions } from './application.ts'
import { makeSamples } from './samples.ts'

const app = `
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
  samples: [{ event: 'paid', input: { id: 'order-4711' } }, { event: 'paid', input: { id: 'order-4712' } }],
})
const flow = defineFlow('order-paid', {
  trigger: pay.on('paid'),
  uses: { pay },
  key: ({ data }) => data.id,
  async run({ event, pay }) {
    return pay.getOrder({ id: event.data.id })
  },
})
export default defineApp({ flows: [flow], simulators: [simulator] })
`

let folder: string
let application: Application
let lines: string[]

async function start(changed: Partial<ApplicationOptions> = {}): Promise<void> {
  application = await startApplication({
    appFile: join(folder, 'app.ts'),
    dataFolder: join(folder, 'data'),
    port: 0,
    environment: {},
    ...logging(lines),
    ...changed,
  })
}

function logging(into: string[]) {
  const redactor = createRedactor()
  const log = createLog({ clock: systemClock, redactor, form: 'json', write: (line) => void into.push(line) })
  return { log, redactor }
}

beforeEach(() => {
  lines = []
  // Beside the sources, so that the app finds the packages.
  folder = mkdtempSync(join(import.meta.dirname, '../../.test-'))
  writeFileSync(join(folder, 'app.ts'), app)
})
afterEach(async () => {
  await application.drain(1000)
  rmSync(folder, { recursive: true, force: true })
})

async function ended(runs: number): Promise<void> {
  let left = runs
  await new Promise<void>((resolve) => {
    application.engine.listen((happening) => {
      if (happening.name === 'run.completed' && (left -= 1) === 0) resolve()
    })
    void makeSamples(application)
  })
}

const scrape = (headers: Record<string, string> = {}) =>
  fetch(`http://127.0.0.1:${application.server.port}/metrics`, { headers })

test('OBS-02: a run that went the whole way is counted at each part, without its id, key or tenant', async (context) => {
  await start()
  await ended(2)
  const answer = await scrape()
  expect(answer.headers.get('content-type')).toContain('text/plain; version=0.0.4')
  const text = await answer.text()
  const found = text.split('\n')
  for (const line of [
    'tenon_webhooks_accepted_total{connector="pay"} 2',
    'tenon_events_total{source="pay",outcome="accepted"} 2',
    'tenon_runs_started_total{flow="order-paid"} 2',
    'tenon_runs_ended_total{flow="order-paid",outcome="completed"} 2',
    'tenon_steps_ended_total{flow="order-paid",kind="call",outcome="completed"} 2',
    'tenon_calls_total{connector="pay",operation="getOrder",outcome="answered",status="2xx"} 2',
    'tenon_runs{flow="order-paid",status="completed"} 2',
    'tenon_runs{flow="order-paid",status="failed"} 0',
    'tenon_runs_in_progress 0',
  ])
    expect(found).toContain(line)
  expect(text).toMatch(/^tenon_journal_commit_duration_seconds_count [1-9]/m)
  expect(text).toMatch(/^tenon_journal_written_bytes_total [1-9]/m)
  expect(text).toMatch(/^tenon_journal_file_bytes\{file="database"\} [1-9]/m)
  const [run] = (await application.engine.list({ tenant: 'default', limit: 1 })).runs
  for (const name of [run?.run ?? '?', 'order-471', 'default']) expect(text).not.toContain(name)
  expect(promtoolProblems(text, context)).toBe('')
})

test('OBS-02: webhooks that are refused are counted by their code', async () => {
  await start()
  const forged = await fetch(`${application.server.url}/hooks/pay`, { method: 'POST', body: '{}' })
  expect(forged.status).toBe(401)
  expect(await (await scrape()).text()).toContain(
    'tenon_webhooks_refused_total{connector="pay",code="SIGNATURE_INVALID"} 1',
  )
})

test('SEC-16: metrics are open on loopback only; where others could ask, they need the token', async () => {
  const alone = `import { defineApp, defineFlow, manual } from 'tenon'
export default defineApp({ flows: [defineFlow('alone', { trigger: manual(), async run() {} })] })`
  writeFileSync(join(folder, 'app.ts'), alone)
  await start({ host: '0.0.0.0' })
  expect((await scrape()).status).toBe(401)
  const token = readFileSync(join(folder, 'data', 'operator-token'), 'utf8').trim()
  expect((await scrape({ authorization: `Bearer ${token}` })).status).toBe(200)
})

test('SEC-17: a page of another site that points its name at this machine reads no metrics', async () => {
  await start()
  const { port } = application.server
  const answer = await new Promise<number | undefined>((resolve) => {
    get({ port, host: '127.0.0.1', path: '/metrics', headers: { host: 'evil.example' } }, (response) => {
      response.resume()
      resolve(response.statusCode)
    })
  })
  expect(answer).toBe(403)
})

test('OBS-05: each request of the management API leaves one line, without what its query holds; health and metrics leave none', async () => {
  await start()
  const token = readFileSync(join(folder, 'data', 'operator-token'), 'utf8').trim()
  const headers = { authorization: `Bearer ${token}` }
  await fetch(`${application.server.url}/api/v1/runs?key=order-4711`, { headers })
  await fetch(`${application.server.url}/api/v1/status`)
  await fetch(`${application.server.url}/health`)
  await scrape()
  const access = lines
    .map((line) => JSON.parse(line) as Record<string, unknown>)
    .filter(({ name }) => name === 'request.answered')
  expect(access.map(({ method, route, status, by }) => [method, route, status, by])).toEqual([
    ['GET', '/api/v1/runs', 200, 'operator'],
    ['GET', '/api/v1/status', 401, null],
  ])
  expect(lines.join('')).not.toContain('order-4711')
})
