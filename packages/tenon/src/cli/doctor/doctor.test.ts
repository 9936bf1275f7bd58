import { chmodSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { createServer } from 'node:http'
import { createServer as createTcpServer, type AddressInfo } from 'node:net'
import { join } from 'node:path'
import { afterAll, afterEach, describe, expect, test } from 'vitest'
import { createWorkplace } from '../process.fixture.ts'

const { folder, begin, tenon, write, clear, remove } = createWorkplace()
afterEach(clear)
afterAll(remove)

const app = `
import { defineApp, defineFlow, manual, signal } from 'tenon'
const flow = defineFlow('report', { trigger: manual(), waits: { go: signal() }, run: ({ step }) => step.waitFor('go') })
export default defineApp({ flows: [flow] })
`
write('app.ts', app)
const data = (name: string): string[] => ['--data', join(folder, name)]

async function started(name: string) {
  const server = begin('start', ...data(name))
  await server.said(/address +http/)
  return server
}

test('before the first start everything is well', async () => {
  const { code, out } = await tenon('doctor', ...data('none'))
  expect(code).toBe(0)
  for (const part of ['Node', 'npm', 'tenon 0.', 'is not there yet', 'it runs evenly', '1 flow (report)'])
    expect(out).toContain(part)
  expect(out).not.toContain('✗')
})

test('a running server is told of, and not disturbed', async () => {
  const server = await started('busy')
  await tenon('runs', 'start', 'report', '--id', 'may', ...data('busy'))
  const looks = await Promise.all(Array.from({ length: 3 }, () => tenon('doctor', ...data('busy'))))
  for (const { code, out } of looks) {
    expect(code).toBe(0)
    expect(out).toMatch(/process \d+ holds it, and is alive/)
    expect(out).toMatch(/running at http:\S+: ready/)
  }
  expect(await tenon('runs', 'signal', 'may', 'go', '--folder', join(folder, 'busy'))).toMatchObject({ code: 0 })
  await server.said(/completed/)
  server.child.kill('SIGTERM')
  await server.ended
  expect((await tenon('doctor', ...data('busy'))).out).toMatch(
    /no process holds it[^]*closed in good order[^]*its pages are sound/,
  )
}, 60_000)

test('what a crash left behind is told, and goes on', async () => {
  const server = await started('crashed')
  server.child.kill('SIGKILL')
  await server.ended
  const { code, out } = await tenon('doctor', ...data('crashed'))
  expect([code, out]).toEqual([
    0,
    expect.stringMatching(/process \d+ held it and is gone[^]*did not end in good order/),
  ])
  expect((await tenon('doctor', ...data('crashed'))).code).toBe(0)
  await started('crashed')
}, 60_000)

test('a damaged journal is found and left as it is', async () => {
  const server = await started('damaged')
  server.child.kill('SIGTERM')
  await server.ended
  const path = join(folder, 'damaged', 'journal.db')
  const bytes = readFileSync(path)
  bytes.fill(0xab, 8192 * 2, 8192 * 3)
  writeFileSync(path, bytes)
  const { code, out } = await tenon('doctor', ...data('damaged'))
  expect([code, out]).toEqual([1, expect.stringMatching(/✗ .*holds\s+a\s+journal\s+that\s+cannot\s+be\s+trusted/)])
  expect(readFileSync(path).equals(bytes)).toBe(true)
}, 60_000)

test.skipIf(process.platform === 'win32')('a folder that others can read has its remedy', async () => {
  mkdirSync(join(folder, 'open'))
  chmodSync(join(folder, 'open'), 0o755)
  const { code, out } = await tenon('doctor', ...data('open'))
  expect([code, out]).toEqual([0, expect.stringMatching(/! .* can be read by other users \(mode 755\)\n +→ chmod 700/)])
})

test('a port that is taken has its remedy', async () => {
  const taken = createTcpServer().listen(0, '127.0.0.1')
  await new Promise((resolve) => taken.on('listening', resolve))
  const { port } = taken.address() as AddressInfo
  const { code, out } = await tenon('doctor', '--port', String(port), ...data('none'))
  taken.close()
  expect([code, out]).toEqual([1, expect.stringContaining(`→ PORT=${port + 1} npx tenon start`)])
})

describe('the app', () => {
  test('that is broken is told with its place, as data where that is asked for', async () => {
    write('broken.ts', "\nthrow new Error('no tax table')\n")
    const { code, out } = await tenon('doctor', '--json', '--app', 'broken.ts', ...data('none'))
    const { findings } = JSON.parse(out) as { findings: object[] }
    expect(code).toBe(1)
    expect(findings).toContainEqual({
      topic: 'app',
      state: 'fail',
      text: 'broken.ts:2:7 stops with: no tax table',
      remedy: expect.any(String) as string,
    })
  })

  test('whose packages are of another version is told', async () => {
    mkdirSync(join(folder, 'old/node_modules/tenon'), { recursive: true })
    write('old/node_modules/tenon/package.json', '{ "name": "tenon", "version": "0.0.9" }')
    write('old/app.ts', app)
    const { out } = await tenon('doctor', '--app', 'old/app.ts', ...data('none'))
    expect(out).toMatch(/✗ the app finds tenon 0\.0\.9, but this is tenon/)
  })

  test('has its hosts asked for the time only when that is wanted', async () => {
    let asked = 0
    const host = createServer((_request, response) => {
      asked += 1
      response.setHeader('date', new Date(Date.now() - 3_600_000).toUTCString())
      response.end()
    }).listen(0, '127.0.0.1')
    await new Promise((resolve) => host.on('listening', resolve))
    const { port } = host.address() as AddressInfo
    write(
      'hosted.ts',
      `
import { shop } from '@tenon/connectors/shop'
import { defineApp, defineConnection, defineFlow, fromEnvironment, manual } from 'tenon'
const credentials = Object.fromEntries(Object.keys(shop.options.auth.fields).map((field) => [field, fromEnvironment('PATH')]))
const connection = defineConnection(shop, { baseUrl: 'http://127.0.0.1:${port}', credentials })
const flow = defineFlow('report', { trigger: manual(), uses: { shop }, run: () => 1 })
export default defineApp({ flows: [flow], connections: [connection] })
`,
    )
    const quiet = await tenon('doctor', '--app', 'hosted.ts', ...data('none'))
    expect([asked, quiet.out]).toEqual([0, expect.stringContaining('shop: connection main')])
    const { out } = await tenon('doctor', '--app', 'hosted.ts', '--ask-hosts', ...data('none'))
    host.close()
    expect([asked, out]).toEqual([1, expect.stringMatching(/! it is off by \d.* against http:\S+\n +→ .*NTP/)])
  })
})
