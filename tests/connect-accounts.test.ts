// The example of embedded connecting, as its customers see it: a product, Tenon and a simulated HubSpot, in a real browser.
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import type { Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createServer } from 'node:net'
import { type Browser, chromium, type Page } from 'playwright-core'
import { afterAll, beforeAll, expect, test, type TestContext } from 'vitest'
import { createProduct } from '../examples/connect-accounts/product.ts'
import { tenonAt, type Tenon } from '../examples/connect-accounts/tenon-api.ts'
import { type Application, startApplication } from '../packages/tenon/src/server/application.ts'
import { createRedactor } from '../packages/tenon/src/telemetry/redact.ts'
import { silentLog } from '../packages/tenon/src/telemetry/telemetry.ts'
import { flags, program, root } from './console/browser.fixture.ts'

let application: Application
let tenon: Tenon
let product: Server
let browser: Browser
let url: string
const folder = mkdtempSync(join(tmpdir(), 'tenon-connect-'))

beforeAll(async () => {
  if (program === undefined) return
  url = `http://localhost:${await freePort()}`
  process.env['EASEL_URL'] = url
  application = await startApplication({
    appFile: join(root, 'examples/connect-accounts/app.ts'),
    dataFolder: folder,
    port: 0,
    environment: {},
    log: silentLog,
    redactor: createRedactor(),
  })
  tenon = tenonAt({ url: application.url, token: readFileSync(join(folder, 'operator-token'), 'utf8').trim() })
  product = createProduct({ tenon, url })
  await new Promise<void>((resolve) => product.listen(Number(new URL(url).port), 'localhost', resolve))
  browser = await chromium.launch({ executablePath: program, args: flags })
}, 60_000)
afterAll(async () => {
  if (program === undefined) return
  await browser.close()
  product.closeAllConnections()
  await new Promise((resolve) => product.close(resolve))
  await application.drain(1000)
  rmSync(folder, { recursive: true, force: true })
}, 60_000)

async function freePort(): Promise<number> {
  const server = createServer().listen(0, 'localhost')
  await new Promise((resolve) => server.once('listening', resolve))
  const { port } = server.address() as AddressInfo
  await new Promise((resolve) => server.close(resolve))
  return port
}

const soon = { timeout: 15_000 }

/** A person of the studio, in a browser of their own. */
const person = (studio: string, body: (page: Page) => Promise<void>) => async (context: TestContext) => {
  if (program === undefined) context.skip('needs Chromium')
  const own = await browser.newContext()
  const page = await own.newPage()
  page.setDefaultTimeout(15_000)
  try {
    await page.goto(`${url}/${studio}`)
    await body(page)
  } finally {
    await own.close()
  }
}

const press = (page: Page, name: string) => page.getByRole('button', { name, exact: true }).click()

async function toConsent(page: Page, button = 'Connect HubSpot'): Promise<void> {
  await press(page, button)
  await page.waitForURL('**/connect/account')
  expect(await page.getByRole('heading').textContent()).toBe('Connect HubSpot with Easel')
  await press(page, 'Go on')
  await page.waitForURL('**/oauth/authorize**')
}

async function allow(page: Page, account: string): Promise<void> {
  await page.locator(`input[value="${account}"]`).check()
  await press(page, 'Allow')
}

/** What is in the simulated HubSpot, by account. */
function dealsIn(account: string): unknown[] {
  const deals = application.simulators[0]?.state()['deals'] ?? {}
  return Object.values(deals).filter((deal) => (deal as { portal: string }).portal === account)
}

test(
  'a studio connects its account, and its bookings are there, and nowhere else',
  person('clay-and-co', async (page) => {
    await toConsent(page)
    await allow(page, '1001')
    await page.waitForURL(`${url}/clay-and-co?**`)
    expect(new URL(page.url()).search).toBe('?connection=main&outcome=connected')
    await expect.poll(() => page.textContent('body'), soon).toContain('Connected: HubSpot account 1001')
    await press(page, 'Somebody books a course')
    await expect.poll(() => dealsIn('1001').length, soon).toBe(1)
    expect(await tenon.hubspotOf('north-light')).toBeNull()
  }),
)

test(
  'another studio has its own account; what it books does not come to the first',
  person('north-light', async (page) => {
    await toConsent(page)
    await allow(page, '1002')
    await page.waitForURL(`${url}/north-light?**`)
    await press(page, 'Somebody books a course')
    await expect.poll(() => dealsIn('1002').length, soon).toBe(1)
    expect(dealsIn('1001')).toHaveLength(1)
    expect(await tenon.runsOf('north-light')).toHaveLength(1)
  }),
)

test('what happens in an account is heard by its studio, at the one address for all', async (context) => {
  if (program === undefined) context.skip('needs Chromium')
  const [simulator] = application.simulators
  const heard = (tenant: string) =>
    application.engine.list({ tenant, flow: 'follow-up', limit: 10 }).then(({ runs }) => runs.length)
  const before = await Promise.all(['clay-and-co', 'default'].map(heard))
  await simulator?.emit('contact.creation', { portal: '1002', properties: { firstname: 'Zoë' } })
  const tickets = () => Object.values(simulator?.state()['tickets'] ?? {}) as { portal: string; properties: object }[]
  await expect.poll(() => tickets().length, soon).toBe(1)
  expect(tickets()).toMatchObject([{ portal: '1002', properties: { subject: 'Invite Zoë to a course' } }])
  expect(await heard('north-light')).toBe(2)
  expect(await Promise.all(['clay-and-co', 'default'].map(heard))).toEqual(before)
})

test(
  'who denies comes back without an account',
  person('clay-and-co', async (page) => {
    await press(page, 'Disconnect')
    await toConsent(page)
    await press(page, 'Deny')
    await page.waitForURL('**/connect/account')
    await press(page, 'Cancel')
    await page.waitForURL(`${url}/clay-and-co?**`)
    expect(new URL(page.url()).searchParams.get('outcome')).toBe('cancelled')
    expect(await tenon.hubspotOf('clay-and-co')).toBeNull()
  }),
)

test(
  'AUT-08: another account than before is shown, and taken only when it is meant',
  person('north-light', async (page) => {
    await page.goto(await tenon.connectLink('north-light', `${url}/north-light`))
    await page.waitForURL('**/connect/account')
    await press(page, 'Go on')
    await allow(page, '1001')
    await expect.poll(() => page.textContent('body'), soon).toContain('It is another account than before')
    expect(await tenon.hubspotOf('north-light')).toMatchObject({ account: { id: '1002' } })
    await press(page, 'Take the new one')
    await page.waitForURL(`${url}/north-light?**`)
    expect(await tenon.hubspotOf('north-light')).toMatchObject({ account: { id: '1001' } })
  }),
)

test(
  'a link lets one person in, once',
  person('clay-and-co', async (page) => {
    const link = await tenon.connectLink('clay-and-co', `${url}/clay-and-co`)
    await page.goto(link)
    await page.waitForURL('**/connect/account')
    const stranger = await browser.newContext()
    const other = await stranger.newPage()
    await other.goto(link)
    expect(await other.textContent('h1')).toBe('This link is closed')
    await stranger.close()
  }),
)

test('no page of another site orders something in the product', async (context) => {
  if (program === undefined) context.skip('needs Chromium')
  const answer = await fetch(`${url}/clay-and-co/connect`, {
    method: 'POST',
    headers: { origin: 'https://elsewhere.example' },
    redirect: 'manual',
  })
  expect(answer.status).toBe(403)
})

test('behind a proxy a stand-in signs for the address that others use', async () => {
  const own = mkdtempSync(join(tmpdir(), 'tenon-proxied-'))
  const proxied = await startApplication({
    appFile: join(root, 'examples/connect-accounts/app.ts'),
    dataFolder: own,
    port: 0,
    environment: { TENON_URL: 'https://tenon.example' },
    log: silentLog,
    redactor: createRedactor(),
  })
  const [simulator] = proxied.simulators
  await simulator?.emit('contact.creation')
  await expect.poll(() => simulator?.deliveries(), soon).toMatchObject([{ attempt: 1, status: 200, accepted: true }])
  await proxied.drain(1000)
  rmSync(own, { recursive: true, force: true })
})
