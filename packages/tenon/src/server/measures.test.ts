import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { silentLog } from '../telemetry/telemetry.ts'
import { promtoolProblems } from '../telemetry/promtool.fixture.ts'
import { createRedactor } from '../telemetry/redact.ts'
import { makeSamples, startApplication, type Application } from './application.ts'

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

beforeEach(async () => {
  // Beside the sources, so that the app finds the packages.
  folder = mkdtempSync(join(import.meta.dirname, '../../.test-'))
  writeFileSync(join(folder, 'app.ts'), app)
  application = await startApplication({
    appFile: join(folder, 'app.ts'),
    dataFolder: join(folder, 'data'),
    port: 0,
    environment: {},
    log: silentLog,
    redactor: createRedactor(),
  })
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

test('OBS-02: a run that went the whole way is counted at each part, without its id, key or tenant', async (context) => {
  await ended(2)
  const text = await application.metrics().render()
  const lines = text.split('\n')
  for (const line of [
    'tenon_events_total{source="pay",outcome="accepted"} 2',
    'tenon_runs_started_total{flow="order-paid"} 2',
    'tenon_runs_ended_total{flow="order-paid",outcome="completed"} 2',
    'tenon_steps_ended_total{flow="order-paid",kind="call",outcome="completed"} 2',
    'tenon_calls_total{connector="pay",operation="getOrder",outcome="answered",status="2xx"} 2',
    'tenon_runs{status="completed"} 2',
    'tenon_runs{status="failed"} 0',
    'tenon_runs_in_progress 0',
  ])
    expect(lines).toContain(line)
  expect(text).toMatch(/^tenon_journal_commit_duration_seconds_count [1-9]/m)
  expect(text).toMatch(/^tenon_journal_written_bytes_total [1-9]/m)
  expect(text).toMatch(/^tenon_journal_file_bytes\{file="database"\} [1-9]/m)
  const [run] = await application.engine.list({ tenant: 'default', limit: 1 })
  for (const name of [run?.run ?? '?', 'order-471', 'default']) expect(text).not.toContain(name)
  expect(promtoolProblems(text, context)).toBe('')
})

test('a journal that does not answer leaves its figures out, and the rest is told', async () => {
  const metrics = application.metrics()
  await application.drain(0)
  const text = await metrics.render()
  expect(text).not.toMatch(/^tenon_runs\{/m)
  expect(text).toContain('tenon_runs_in_progress 0')
})
