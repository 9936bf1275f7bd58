import { describe, expect, test } from 'vitest'
import {
  accessibilityOf,
  address,
  api,
  look,
  overflowOf,
  picture,
  runThat,
  useConsole,
  visit,
  withoutServer,
} from './browser.fixture.ts'

useConsole()

/** Each would do something, or break the page, if it were taken for more than text. */
const texts = [
  '<script>window.broken=1</script>',
  '<img src=x onerror="window.broken=1">',
  '"><svg onload=window.broken=1>',
  'javascript:window.broken=1',
  '{{constructor.constructor("window.broken=1")()}}',
  '\u202Eright to left\u202C مرحبا بالعالم',
  '👩‍👩‍👧‍👦 emoji and a\u0301 combining',
  'long-'.repeat(400),
]

describe('text from outside is shown as text', () => {
  for (const [index, text] of texts.entries())
    test(
      `SEC-09: ${text.slice(0, 40)}`,
      look(async () => {
        await api('POST', '/runs', { flow: 'echo', input: { text, fail: index % 2 === 0 } })
        const run = await runThat('echo', text.slice(0, 150), index % 2 === 0 ? 'failed' : 'completed')
        for (const size of ['desktop', 'phone'] as const)
          await visit(`/console/runs/${run}`, { size }, async ({ page }) => {
            await page.getByRole('region', { name: 'What happened' }).waitFor()
            await page.getByRole('list', { name: 'Steps' }).getByRole('button').first().click()
            await page.getByText('Output', { exact: true }).waitFor()
            await picture(page, `text-${index}-${size}`)
            expect(await page.evaluate('window.broken')).toBeUndefined()
            expect(await overflowOf(page)).toBe(0)
          })
        await visit('/console/runs?flow=echo', {}, async ({ page }) => {
          await page.getByRole('row').nth(1).waitFor()
          expect(await page.evaluate('window.broken')).toBeUndefined()
          expect(await overflowOf(page)).toBe(0)
        })
      }),
    )

  test(
    'SEC-09: in the address',
    look(async () => {
      const text = encodeURIComponent(`${texts[1]} of nobody`)
      for (const path of [`/runs?key=${text}`, `/runs/${text}`, `/flows/${text}`, `/simulators/${text}`])
        await visit(`/console${path}`, { expected: /status of 40/ }, async ({ page }) => {
          await page.getByRole('heading', { level: 1 }).waitFor()
          await page.getByText(/No run fits|No run has|has no flow|No simulator has/).waitFor()
          expect(await page.evaluate('window.broken')).toBeUndefined()
        })
    }),
  )
})

describe('what does not exist', () => {
  for (const [path, title] of [
    ['/runs/0000000000000000000000000', 'No run has this id.'],
    ['/flows/none', 'The app has no flow of this name.'],
    ['/simulators/none', 'No simulator has this name.'],
    ['/nowhere', 'Nothing stands at this address.'],
  ] as const)
    test(
      `${path}: a page that says so`,
      look(async () => {
        await visit(`/console${path}`, { expected: /status of 404/ }, async ({ page }) => {
          await page.getByText(title).waitFor()
          await picture(page, `missing-${path.split('/')[1]}`)
          expect(await accessibilityOf(page)).toEqual([])
        })
      }),
    )

  test(
    'a filter that is no filter: the server says what is wrong with it, and one press takes it away',
    look(async () => {
      await visit('/console/runs?status=happy&since=yesterday', { expected: /status of 400/ }, async ({ page }) => {
        await page
          .getByText(/expected/)
          .first()
          .waitFor()
        await picture(page, 'filter-that-is-none')
        expect(await accessibilityOf(page)).toEqual([])
        await page.getByRole('button', { name: 'Clear all filters' }).first().click()
        await page.getByRole('table', { name: 'Runs' }).waitFor()
      })
    }),
  )
})

describe('sessions', () => {
  test(
    'nobody signed in: nothing is shown but the way in',
    look(async () => {
      await visit('/console/runs', { signedIn: false, expected: /status of 401/ }, async ({ page }) => {
        await page.getByText('Your session has ended.').waitFor()
        expect(await page.getByText('npx tenon console').count()).toBe(1)
        expect(await page.getByRole('navigation').count()).toBe(0)
        await picture(page, 'session-ended')
        expect(await accessibilityOf(page)).toEqual([])
      })
    }),
  )

  test(
    'a session that ends while the page is open',
    look(async () => {
      await visit('/console/', { expected: /status of 401/ }, async ({ page, context }) => {
        await page.getByText('What needs somebody').waitFor()
        await context.clearCookies()
        await page.getByRole('link', { name: 'Flows' }).click()
        await page.getByText('Your session has ended.').waitFor()
      })
    }),
  )

  test(
    'a cookie that was tampered with',
    look(async () => {
      await visit('/console/', { expected: /status of 401/ }, async ({ page, context }) => {
        const cookies = await context.cookies()
        await context.addCookies(cookies.map((cookie) => ({ ...cookie, value: `${cookie.value.slice(0, -4)}AAAA` })))
        await page.reload()
        await page.getByText('Your session has ended.').waitFor()
      })
    }),
  )

  test(
    'sign out ends it for good',
    look(async () => {
      const link = await api<{ url: string }>('POST', '/sign-in-links', { by: 'mia' })
      await visit('/console/', { signedIn: false, expected: /status of 40[13]/ }, async ({ page }) => {
        await page.goto(link.url)
        await page.getByText('What needs somebody').waitFor()
        await page.getByRole('button', { name: 'Sign out' }).click()
        await page.getByText('You are signed in as mia.').waitFor()
        await picture(page, 'dialog-sign-out')
        await page.getByRole('dialog').getByRole('button', { name: 'Sign out' }).click()
        await page.getByText('You are signed out.').waitFor()
        await picture(page, 'signed-out')
        await page.goto(`${address()}/console/`)
        await page.getByText('Your session has ended.').waitFor()
        await page.goto(link.url)
        await page.getByText('npx tenon console').first().waitFor()
      })
    }),
  )
})

describe('the connection', () => {
  test(
    'is lost: it is said, and the page goes on by itself when the server is back',
    look(async () => {
      await visit('/console/runs', { expected: /ERR_|Failed to load/ }, async ({ page }) => {
        await page.getByText('Live', { exact: true }).waitFor()
        await withoutServer(async () => {
          await page.getByText('The connection to Tenon is lost.').waitFor()
          await picture(page, 'connection-lost')
          expect(await accessibilityOf(page)).toEqual([])
        })
        await page.getByText('The connection to Tenon is lost.').waitFor({ state: 'detached', timeout: 30_000 })
        await api('POST', '/runs', { flow: 'notify', input: { text: 'after the break' } })
        await page.getByRole('row').filter({ hasText: 'notify' }).first().waitFor()
      })
    }),
  )

  test(
    'the server cannot be reached at all',
    look(async () => {
      await visit('/console/', { expected: /ERR_|Failed to load/ }, async ({ page }) => {
        await page.getByText('What needs somebody').waitFor()
        await page.route('**/api/**', (route) => route.abort())
        await page.getByRole('link', { name: 'Simulators' }).click()
        await page.getByText('Tenon does not answer.').waitFor({ timeout: 20_000 })
        await picture(page, 'no-answer')
        await page.unroute('**/api/**')
        await page.getByText('shiprocket').first().waitFor({ timeout: 20_000 })
      })
    }),
  )
})
