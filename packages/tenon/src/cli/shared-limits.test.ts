import { afterAll, afterEach, expect, test } from 'vitest'
import { usePostgres } from '../postgres/postgres.fixture.ts'
import { createNodes, newUrl } from './nodes.fixture.ts'
import { strictProvider, type StrictProvider } from './strict-provider.fixture.ts'

const server = usePostgres()
const { write, clear, remove, start, ask, environment } = createNodes()
const providers: StrictProvider[] = []
afterEach(() => {
  clear()
  for (const provider of providers.splice(0)) provider.close()
})
afterAll(remove)

/** Long enough that a machine that is busy with much else delays no request by a twentieth of it. */
const limit = { requests: 200, perMs: 10_000 }

write(
  'app.ts',
  `
import { bearer, defineApp, defineConnection, defineConnector, defineFlow, fromEnvironment, manual, operation } from 'tenon'
import { z } from 'zod'

const shop = defineConnector('shop', {
  baseUrl: process.env['SHOP_URL'] ?? 'http://127.0.0.1:9',
  auth: bearer('token', 'Token'),
  policies: { limits: { declared: [{ name: 'all', requests: ${limit.requests}, per: '10s' }] } },
  operations: {
    look: operation({ method: 'GET', path: '/things/{id}', input: z.object({ id: z.string() }), output: z.object({ ok: z.boolean() }) }),
  },
})
const look = defineFlow('look', {
  trigger: manual(z.object({ calls: z.number() })),
  uses: { shop },
  async run({ event, step, shop }) {
    for (let call = 0; call < event.data.calls; call += 1) {
      const node = await step.run('who ' + call, () => String(process.pid))
      await shop.look({ id: node + '-' + call })
    }
  },
})
export default defineApp({ flows: [look], connections: [defineConnection(shop, { credentials: { token: fromEnvironment('SHOP_TOKEN') } })] })
`,
)

async function provide(limit?: Parameters<typeof strictProvider>[0]): Promise<StrictProvider> {
  const provider = await strictProvider(limit)
  providers.push(provider)
  environment['SHOP_URL'] = provider.origin
  environment['SHOP_TOKEN'] = 'token-of-the-shop'
  environment['TENON_ALLOW_ORIGINS'] = provider.origin
  return provider
}

/** Of the ledger: what came from then on, in the first `ms` of it. */
function served({ ledger }: StrictProvider, from: number, ms: number): readonly number[] {
  return ledger.slice(from).flatMap(({ at }) => (at - (ledger[from]?.at ?? 0) < ms ? [at] : []))
}

test('OUT-04: three nodes under load use one limit as one, whoever is killed or stopped, and the provider refuses nothing', async () => {
  const provider = await provide(limit)
  const { ledger } = provider
  const url = await newUrl(server())
  const names = ['one', 'two', 'three']
  const nodes = await Promise.all(names.map((node) => start(node, '--database', url)))
  const body = { flow: 'look', input: { calls: 1000 } }
  const begun = Array.from({ length: 24 }, (_, run) => ask(names[run % 3] ?? '', 'POST', '/runs', body))
  await Promise.all(begun)
  const more = async (count: number): Promise<number> => {
    const from = ledger.length
    await expect.poll(() => ledger.length, { timeout: 120_000 }).toBeGreaterThanOrEqual(from + count)
    return from
  }
  // Each has its part of the runs by now.
  const callers = (from: number): number => new Set(ledger.slice(from).map(({ path }) => path.split(/[/-]/)[2])).size
  await expect.poll(() => callers(-60), { timeout: 120_000 }).toBe(3)
  // What went before is in the stretch for as long as it lasts.
  await more(1.5 * limit.requests)
  const steady = await more(1.6 * limit.requests)
  expect(callers(steady)).toBe(3)
  expect(served(provider, steady, 1.5 * limit.perMs).length).toBeGreaterThanOrEqual(0.9 * 1.5 * limit.requests)
  // Any node tells of all.
  const told = (await ask('two', 'GET', '/budgets')) as { budgets: readonly { used: number }[] }
  expect(told).toMatchObject({ nodes: { there: 3, told: 3 }, budgets: [{ connector: 'shop', limit: 'all' }] })
  expect(told.budgets[0]?.used).toBeGreaterThan(0.6 * limit.requests)

  nodes[0]?.child.kill('SIGKILL')
  nodes[1]?.child.kill('SIGSTOP')
  await more(0.8 * limit.requests)
  nodes[1]?.child.kill('SIGCONT')
  await more(0.8 * limit.requests)
  expect(ledger.filter(({ status }) => status !== 200)).toEqual([])
}, 400_000)
