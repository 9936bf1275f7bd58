import { describe, expect, test } from 'vitest'
import {
  accessibilityOf,
  api,
  look,
  overflowOf,
  picture,
  prepare,
  runThat,
  useConsole,
  visit,
} from './browser.fixture.ts'

useConsole()

/** Paths of runs, each in a state of its own. */
const runs: Record<string, string> = {}

const paid = (): Promise<unknown> => api('POST', '/simulators/stripe/events', { event: 'payment_intent.succeeded' })

const fault = (connector: string, body: object): Promise<unknown> =>
  api('POST', `/simulators/${connector}/faults`, body)

const customer = { customer: 'Asha', amount: 4900, currency: 'inr', address: { city: 'Bengaluru' } }

prepare(async () => {
  await fault('shop', { kind: 'error', next: 2, of: 'getOrder' })
  await paid()
  runs['retried'] = await runThat('order-paid', 'SO-1001', 'waiting')
  await fault('whatsapp', { kind: 'drop', next: 1 })
  await paid()
  runs['parked'] = await runThat('order-paid', 'SO-1002', 'parked')
  await fault('shiprocket', { kind: 'refused', next: 1, of: 'createOrder' })
  await paid()
  runs['failed'] = await runThat('order-paid', 'SO-1003', 'failed')
  await api('POST', '/runs', { flow: 'review', input: customer })
  runs['review'] = await runThat('review', 'Asha', 'waiting')
  await api('POST', '/runs', { flow: 'review', input: { ...customer, amount: 1 } })
  runs['queued'] = await runThat('review', 'Asha', 'queued')
  await fault('whatsapp', { kind: 'slow', next: 2, delayMs: 1500 })
})

interface Room {
  readonly name: string
  readonly path: () => string
  /** What has to be there before it is looked at. */
  readonly shows: string
}

const rooms: readonly Room[] = [
  { name: 'home', path: () => '/', shows: 'What needs somebody' },
  { name: 'runs', path: () => '/runs', shows: 'SO-1003' },
  { name: 'runs-filtered', path: () => '/runs?flow=order-paid&status=failed,parked&key=SO-1002', shows: 'Needs you' },
  { name: 'runs-none', path: () => '/runs?key=nobody', shows: 'No run fits these filters.' },
  { name: 'run-retried', path: () => `/runs/${runs['retried']}`, shows: 'succeeded only at try 3' },
  { name: 'run-parked', path: () => `/runs/${runs['parked']}`, shows: 'You decide.' },
  {
    name: 'run-step',
    path: () => `/runs/${runs['parked']}?step=whatsapp.sendTemplate%231`,
    shows: 'Request and answer, as sent',
  },
  { name: 'run-failed', path: () => `/runs/${runs['failed']}`, shows: 'was taken back' },
  { name: 'run-held', path: () => `/runs/${runs['review']}`, shows: '1 run waits behind it' },
  { name: 'run-queued', path: () => `/runs/${runs['queued']}`, shows: 'It waits its turn' },
  { name: 'flows', path: () => '/flows', shows: 'order-paid' },
  { name: 'flow', path: () => '/flows/order-paid', shows: 'Create order' },
  { name: 'flow-by-hand', path: () => '/flows/review', shows: 'Wait for approved' },
  { name: 'flow-unseen', path: () => '/flows/nightly', shows: 'There is no picture yet' },
  { name: 'connections', path: () => '/connections', shows: 'shiprocket' },
  { name: 'connection', path: () => '/connections/stripe/main', shows: 'What is known of it' },
  { name: 'budgets', path: () => '/budgets', shows: 'test-writes' },
  { name: 'nodes-alone', path: () => '/nodes', shows: 'This node is by itself.' },
  { name: 'simulators', path: () => '/simulators', shows: 'shiprocket' },
  { name: 'simulator', path: () => '/simulators/shop', shows: 'getOrder' },
  { name: 'simulator-fault', path: () => '/simulators/whatsapp', shows: 'It is slow' },
  { name: 'nowhere', path: () => '/no/such/room', shows: 'Nothing stands at this address.' },
]

describe.each(rooms)('$name', ({ name, path, shows }) => {
  for (const size of ['desktop', 'phone'] as const)
    test(
      `${size}, light and dark: shows what it is for, fits, and axe-core finds nothing serious`,
      look(async () => {
        await visit(`/console${path()}`, { size }, async ({ page }) => {
          for (const theme of ['light', 'dark'] as const) {
            await page.emulateMedia({ colorScheme: theme })
            await page.getByText(shows).filter({ visible: true }).first().waitFor()
            await picture(page, `${name}-${size}-${theme}`)
            expect(await overflowOf(page)).toBe(0)
            expect(await accessibilityOf(page)).toEqual([])
          }
        })
      }),
    )
})

describe('what holds for the whole page', () => {
  test(
    'the first key leads past the rooms to the content',
    look(async () => {
      await visit('/console/runs', {}, async ({ page }) => {
        await page.getByText('SO-1003').first().waitFor()
        await page.keyboard.press('Tab')
        await expect.poll(() => page.evaluate('document.activeElement.textContent')).toBe('Skip to content')
        await page.keyboard.press('Enter')
        await expect.poll(() => page.evaluate('document.activeElement.id')).toBe('main')
      })
    }),
  )

  test(
    'keys lead from room to room and along a list; the help tells them',
    look(async () => {
      await visit('/console/', {}, async ({ page }) => {
        await page.getByText('What needs somebody').waitFor()
        await page.keyboard.press('g')
        await page.keyboard.press('r')
        await page.getByRole('heading', { name: 'Runs', exact: true }).waitFor()
        await page.getByText('SO-1003').first().waitFor()
        await page.keyboard.press('j')
        await page.keyboard.press('j')
        await page.keyboard.press('Enter')
        await page.getByRole('region', { name: 'What happened' }).waitFor()
        await page.keyboard.press('?')
        const help = page.getByRole('dialog', { name: 'Keyboard shortcuts' })
        await help.getByText('Next run in a list').waitFor()
        await picture(page, 'help-desktop-light')
        expect(await accessibilityOf(page)).toEqual([])
        await help.getByLabel('Single letters act as shortcuts').uncheck()
        await page.keyboard.press('Escape')
        await help.waitFor({ state: 'detached' })
        await page.keyboard.press('g')
        await page.keyboard.press('f')
        expect(page.url()).toContain('/console/runs/')
      })
    }),
  )

  test(
    'the chosen theme is remembered, and is there before the first paint',
    look(async () => {
      await visit('/console/flows', { theme: 'light' }, async ({ page }) => {
        const button = page.getByRole('button', { name: /^Colours/ })
        await button.click()
        await button.click()
        await page.getByRole('button', { name: 'Colours: dark. Press to change' }).waitFor()
        await page.reload()
        expect(await page.evaluate('document.documentElement.dataset.theme')).toBe('dark')
        expect(await page.evaluate('getComputedStyle(document.documentElement).colorScheme')).toBe('dark')
      })
    }),
  )

  test(
    'who asked for less motion gets none',
    look(async () => {
      await visit('/console/runs', {}, async ({ page }) => {
        await page.emulateMedia({ reducedMotion: 'reduce' })
        await page.getByText('SO-1003').first().waitFor()
        const longest = `Math.max(...[...document.querySelectorAll('*')].map((element) => parseFloat(getComputedStyle(element).transitionDuration)))`
        expect(await page.evaluate<number>(longest)).toBeLessThan(0.01)
      })
    }),
  )
})
