import { randomBytes } from 'node:crypto'
import { createServer } from 'node:https'
import type { AddressInfo } from 'node:net'
import { setTimeout as sleep } from 'node:timers/promises'
import { afterAll, afterEach, expect, test } from 'vitest'
import { createAuthority } from '../outbound/certificates.fixture.ts'
import { usePostgres } from '../postgres/postgres.fixture.ts'
import { createNodes, newUrl } from './nodes.fixture.ts'

const server = usePostgres()
const { write, clear, remove, start, ask, folder, environment } = createNodes()
const closing: (() => void)[] = []
afterEach(() => {
  clear()
  for (const close of closing.splice(0)) close()
})
afterAll(remove)

write(
  'ticks.ts',
  `
import { defineApp, defineFlow, schedule } from 'tenon'
const tick = defineFlow('tick', { trigger: schedule('* * * * * *', { catchUp: 'all' }), run: async () => null })
export default defineApp({ flows: [tick] })
`,
)

test('CLU-03, DUR-10: a schedule starts each time once over two nodes, also when the one that brought it on is killed', async () => {
  const url = await newUrl(server())
  const nodes = await Promise.all(['one', 'two'].map((node) => start(node, '--app', 'ticks.ts', '--database', url)))
  const startsAt = async (node: string): Promise<readonly number[]> => {
    const { runs } = (await ask(node, 'GET', '/runs?limit=100')) as { runs: readonly { run: string }[] }
    const told = await Promise.all(runs.map(({ run }) => ask(node, 'GET', `/runs/${run}`)))
    return (told as readonly { event: { at: number } }[]).map(({ event }) => event.at)
  }
  await expect.poll(async () => (await startsAt('one')).length, { timeout: 60_000 }).toBeGreaterThanOrEqual(5)
  // Whoever of them has it, it goes on with the other.
  nodes[0]?.child.kill('SIGKILL')
  const before = (await startsAt('two')).length
  await expect
    .poll(async () => (await startsAt('two')).length, { timeout: 120_000, interval: 1000 })
    .toBeGreaterThanOrEqual(before + 15)
  // Each second once, and none was left out.
  const times = (await startsAt('two')).toSorted((one, other) => one - other)
  expect(times).toEqual(times.map((_, index) => (times[0] ?? 0) + index * 1000))
}, 240_000)

write(
  'renewing.ts',
  `
import { clientCredentials, defineApp, defineConnector, defineFlow, manual, operation } from 'tenon'
import { z } from 'zod'

const origin = process.env['SHOP_URL'] ?? 'https://127.0.0.1:9'
const shop = defineConnector('shop', {
  baseUrl: origin,
  auth: clientCredentials({ endpoints: { token: origin + '/token' } }),
  policies: { limits: { declared: [{ name: 'all', requests: 20, per: '1s' }] } },
  operations: {
    look: operation({ method: 'GET', path: '/things/{id}', input: z.object({ id: z.string() }), output: z.object({ ok: z.boolean() }) }),
  },
})
const look = defineFlow('look', {
  trigger: manual(),
  uses: { shop },
  async run({ step, shop }) {
    for (let call = 0; call < 1000; call += 1) {
      const node = await step.run('who ' + call, () => String(process.pid))
      await shop.look({ id: node })
    }
  },
})
export default defineApp({ flows: [look], connect: {} })
`,
)

/** Hands out tokens that live for eight seconds, and notes with which one each node calls. */
async function tokenProvider() {
  const authority = await createAuthority()
  const { certificate, key } = await authority.issue()
  /** By token, in the order in which they were handed out. */
  const callers = new Map<string, Set<string>>()
  const seen = { asking: 0, most: 0, refused: 0 }
  const https = createServer({ cert: certificate, key }, (request, response) => {
    request.resume()
    const answer = (status: number, body: object): void =>
      void response.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(body))
    if (request.url === '/token') {
      seen.asking += 1
      seen.most = Math.max(seen.most, seen.asking)
      // Long enough for another node to ask meanwhile.
      void sleep(300).then(() => {
        seen.asking -= 1
        const token = `token-${callers.size}`
        callers.set(token, new Set())
        answer(200, { access_token: token, token_type: 'Bearer', expires_in: 8 })
      })
      return
    }
    const known = callers.get((request.headers.authorization ?? '').replace('Bearer ', ''))
    if (known === undefined) seen.refused += 1
    known?.add(request.url ?? '')
    answer(known === undefined ? 401 : 200, { ok: true })
  })
  await new Promise<void>((resolve) => void https.listen(0, '127.0.0.1', resolve))
  closing.push(() => {
    https.closeAllConnections()
    https.close()
  })
  return {
    origin: `https://127.0.0.1:${(https.address() as AddressInfo).port}`,
    authority: authority.certificate,
    callers,
    seen,
  }
}

test('AUT-01, CLU-03: two nodes that call with one account renew its token once each time, and both call with it', async () => {
  const provider = await tokenProvider()
  environment['SHOP_URL'] = environment['TENON_ALLOW_ORIGINS'] = provider.origin
  environment['TENON_MASTER_KEY'] = randomBytes(32).toString('base64')
  write('authority.pem', provider.authority)
  environment['NODE_EXTRA_CA_CERTS'] = `${folder}/authority.pem`
  const url = await newUrl(server())
  await Promise.all(['three', 'four'].map((node) => start(node, '--app', 'renewing.ts', '--database', url)))
  await ask('three', 'PUT', '/connections/shop/main', {
    fields: { clientId: 'web', clientSecret: 'a secret of the app' },
  })
  const used = (): readonly number[] => [...provider.callers.values()].map((callers) => callers.size)
  const run = (node: string): Promise<unknown> => ask(node, 'POST', '/runs', { flow: 'look' })
  await Promise.all(Array.from({ length: 4 }, () => run('three')))
  // The other node hears of the account a moment later.
  await expect
    .poll(async () => (await run('four')) && used().includes(2), { timeout: 60_000, interval: 1000 })
    .toBe(true)
  await expect.poll(() => used().filter((count) => count === 2).length, { timeout: 120_000 }).toBeGreaterThanOrEqual(4)
  // From the first that both called with, each one: none was obtained for one node alone.
  const both = used().slice(used().indexOf(2), -1)
  expect(new Set(both)).toEqual(new Set([2]))
  expect(provider.seen).toMatchObject({ most: 1, refused: 0 })
}, 240_000)
