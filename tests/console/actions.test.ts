import type { Page } from 'playwright-core'
import { describe, expect, test } from 'vitest'
import { accessibilityOf, api, look, picture, runThat, useConsole, visit, type RunRow } from './browser.fixture.ts'

useConsole()

const press = (page: Page, name: string | RegExp): Promise<void> =>
  page.getByRole('button', { name, exact: true }).click()

/** In the dialog that is open: it is looked at, then its button is pressed. */
async function confirm(page: Page, title: RegExp, verb: string, shot: string): Promise<void> {
  const dialog = page.getByRole('dialog', { name: title })
  await dialog.waitFor()
  await picture(page, shot)
  expect(await accessibilityOf(page)).toEqual([])
  await dialog.getByRole('button', { name: verb, exact: true }).click()
  await dialog.waitFor({ state: 'detached' })
}

const badge = (page: Page, word: string): Promise<void> =>
  page.getByRole('heading', { level: 1 }).getByText(word).waitFor({ timeout: 20_000 })

const paid = (): Promise<unknown> => api('POST', '/simulators/stripe/events', { event: 'payment_intent.succeeded' })

const fault = (connector: string, body: object): Promise<unknown> =>
  api('POST', `/simulators/${connector}/faults`, body)

const review = { customer: '', amount: 4900, currency: 'inr', address: { city: 'Bengaluru' } }

async function startReview(customer: string): Promise<string> {
  await api('POST', '/runs', { flow: 'review', input: { ...review, customer } })
  return runThat('review', customer, 'waiting')
}

describe('runs', () => {
  test(
    'a new run appears by itself, and goes on by itself before the eyes',
    look(async () => {
      await visit('/console/runs', {}, async ({ page }) => {
        await page.getByRole('heading', { name: 'All runs' }).waitFor()
        await page.getByText('Live', { exact: true }).waitFor()
        await api('POST', '/runs', { flow: 'review', input: { ...review, customer: 'Mira' } })
        const row = page.getByRole('row').filter({ hasText: 'Mira' })
        await row.getByText('Waiting').waitFor()
        const run = await runThat('review', 'Mira', 'waiting')
        await api('POST', `/runs/${run}/signals`, { name: 'approved', data: { by: 'Ravi' } })
        await row.getByText('Completed').waitFor()
      })
    }),
  )

  test(
    'filters stay in the address, and the list obeys them',
    look(async () => {
      await startReview('Filter-1')
      await startReview('Filter-2')
      await visit('/console/runs', {}, async ({ page }) => {
        await page.getByText('Filter-2').first().waitFor()
        await page.getByRole('searchbox').fill('Filter-1')
        await page.keyboard.press('Enter')
        await page.getByText('Filter-2').first().waitFor({ state: 'detached' })
        expect(page.url()).toContain('key=Filter-1')
        await page.getByRole('combobox', { name: 'Flow' }).selectOption('review')
        await page
          .getByRole('group', { name: 'Status' })
          .getByRole('button', { name: /^Waiting/ })
          .click()
        await expect.poll(() => page.url()).toMatch(/flow=review&status=waiting|status=waiting&.*flow=review/)
        await page.reload()
        await page.getByRole('row').filter({ hasText: 'Filter-1' }).waitFor()
        await page.getByRole('combobox', { name: 'Started' }).selectOption('range')
        await page.getByLabel('Started from').waitFor()
        await press(page, 'Clear all filters')
        await page.getByText('Filter-2').first().waitFor()
        expect(new URL(page.url()).search).toBe('')
      })
    }),
  )

  test(
    'thousands of runs: only those that can be seen are drawn, and the end of the list brings older ones',
    look(async () => {
      for (let from = 0; from < 140; from += 20)
        await Promise.all(
          Array.from({ length: 20 }, (_, index) =>
            api('POST', '/runs', { flow: 'notify', input: { text: `number ${from + index}` } }),
          ),
        )
      await visit('/console/runs?flow=notify', {}, async ({ page }) => {
        const rows = page.getByRole('row')
        await rows.nth(10).waitFor()
        for (let tries = 0; tries < 20; tries += 1) {
          await page.mouse.wheel(0, 4_000)
          await page.waitForTimeout(60)
        }
        const table = page.getByRole('table', { name: 'Runs' })
        await expect.poll(async () => Number(await table.getAttribute('aria-rowcount'))).toBeGreaterThan(140)
        expect(await rows.count()).toBeLessThan(80)
        await picture(page, 'runs-many-desktop-light')
      })
    }),
  )
})

describe('one run', () => {
  test(
    'retry goes on from the failed step',
    look(async () => {
      await api('POST', '/runs', { flow: 'echo', input: { text: 'fails', fail: true } })
      const run = await runThat('echo', 'fails', 'failed')
      await visit(`/console/runs/${run}`, {}, async ({ page }) => {
        await badge(page, 'Failed')
        await press(page, 'Retry')
        await confirm(page, /^Retry this run/, 'Retry', 'dialog-retry')
        await page.getByText('It goes on.').waitFor()
      })
    }),
  )

  test(
    'start anew says what will be done again, and leads to the new run',
    look(async () => {
      await api('POST', '/runs', { flow: 'notify', input: { text: 'again' } })
      const { runs } = await api<{ runs: RunRow[] }>('GET', '/runs?flow=notify&limit=1')
      const run = runs[0]?.run ?? ''
      await visit(`/console/runs/${run}`, {}, async ({ page }) => {
        await badge(page, 'Completed')
        await press(page, 'Start anew')
        await confirm(page, /^Start it anew/, 'Start a new run', 'dialog-anew')
        await page.getByRole('link', { name: /^Open run/ }).click()
        await page.getByText('It was started anew from run').waitFor()
        expect(page.url()).not.toContain(run)
      })
    }),
  )

  test(
    'start anew settles a failed run, so that the new one does not wait behind it for ever',
    look(async () => {
      await fault('shiprocket', { kind: 'refused', next: 1, of: 'createOrder' })
      await paid()
      await expect
        .poll(async () => (await api<{ runs: RunRow[] }>('GET', '/runs?status=failed&flow=order-paid')).runs.length)
        .toBe(1)
      const { runs } = await api<{ runs: RunRow[] }>('GET', '/runs?status=failed&flow=order-paid')
      await visit(`/console/runs/${runs[0]?.run}`, {}, async ({ page }) => {
        await badge(page, 'Failed')
        await press(page, 'Start anew')
        expect(await page.getByRole('checkbox', { name: /^Cancel this one/ }).isChecked()).toBe(true)
        await confirm(page, /^Start it anew/, 'Start a new run', 'dialog-anew-settles')
        await badge(page, 'Cancelled')
        await page.getByRole('link', { name: /^Open run/ }).click()
        await badge(page, 'Waiting')
      })
    }),
  )

  test(
    'cancel takes back what was done, with the reason kept',
    look(async () => {
      const run = await startReview('Cancelled')
      await visit(`/console/runs/${run}`, {}, async ({ page }) => {
        await badge(page, 'Waiting')
        await press(page, 'Cancel run')
        await page.getByLabel(/^Why/).fill('ordered by mistake')
        await confirm(page, /^Cancel this run/, 'Cancel the run', 'dialog-cancel')
        await badge(page, 'Cancelled')
        await page.getByText('what it had done was taken back').waitFor()
      })
    }),
  )

  test(
    'a signal reaches the run, its child is a step away, and who waited behind its key goes on',
    look(async () => {
      const run = await startReview('Signalled')
      await api('POST', '/runs', { flow: 'review', input: { ...review, customer: 'Signalled' } })
      const behind = await runThat('review', 'Signalled', 'queued')
      await visit(`/console/runs/${run}`, {}, async ({ page }) => {
        await page.getByText('1 run waits behind it').waitFor()
        await press(page, 'Send a signal')
        const dialog = page.getByRole('dialog', { name: 'Send it a signal' })
        await dialog.getByLabel(/JSON/).fill('{ "by": ')
        await dialog.getByText('This is not JSON yet').waitFor()
        expect(await dialog.getByRole('button', { name: 'Send', exact: true }).isDisabled()).toBe(true)
        await dialog.getByLabel(/JSON/).fill('{ "by": "Ravi" }')
        await confirm(page, /^Send it a signal/, 'Send', 'dialog-signal')
        await badge(page, 'Completed')
        await page.getByRole('heading', { name: 'It started' }).waitFor()
        await page.goto(page.url().replace(run, behind))
        await badge(page, 'Waiting')
      })
    }),
  )

  for (const [choice, end] of [
    ['It took effect', 'Waiting'],
    ['It did not', 'Failed'],
    ['Send it again, come what may', 'Waiting'],
  ] as const)
    test(
      `an unknown outcome is decided: ${choice}`,
      look(async () => {
        await fault('whatsapp', { kind: 'drop', next: 1 })
        await paid()
        const run = await latestParked()
        await visit(`/console/runs/${run}`, {}, async ({ page }) => {
          await page.getByText('You decide.').waitFor()
          await press(page, 'Decide')
          const dialog = page.getByRole('dialog')
          expect(await dialog.getByRole('button', { name: 'Decide', exact: true }).isDisabled()).toBe(true)
          await dialog.getByText(choice, { exact: true }).click()
          if (choice === 'It took effect')
            await dialog.getByLabel(/^Its answer/).fill('{ "messages": [{ "id": "wamid.1" }] }')
          await confirm(page, /^Did “Send template” take effect/, 'Decide', `dialog-decide-${end.toLowerCase()}`)
          await badge(page, end)
        })
      }),
    )

  test(
    'who decides a moment after somebody else is told who it was, and what they said',
    look(async () => {
      await fault('whatsapp', { kind: 'drop', next: 1 })
      await paid()
      const run = await latestParked()
      await visit(`/console/runs/${run}`, { expected: /status of 409/ }, async ({ page }) => {
        await press(page, 'Decide')
        const dialog = page.getByRole('dialog')
        await dialog.getByText('Send it again, come what may', { exact: true }).click()
        const { unknownSteps } = await api<{ unknownSteps: string[] }>('GET', `/runs/${run}`)
        await api('POST', `/runs/${run}/decisions`, { step: unknownSteps[0], decision: 'did-not-happen', by: 'asha' })
        await dialog.getByRole('button', { name: 'Decide', exact: true }).click()
        await dialog.getByText('asha has decided already.').waitFor()
        expect(await dialog.textContent()).toMatch(/At \d\d:\d\d:\d\d: it did not take effect/)
        expect(await dialog.getByRole('button', { name: 'Decide', exact: true }).isDisabled()).toBe(true)
      })
    }),
  )

  test(
    'a step shows what was asked and what came back, and lets it be copied',
    look(async () => {
      await paid()
      const { runs } = await api<{ runs: RunRow[] }>('GET', '/runs?flow=order-paid&limit=1')
      const run = await runThat('order-paid', runs[0]?.key ?? '', 'waiting')
      await visit(`/console/runs/${run}`, {}, async ({ page, context }) => {
        await context.grantPermissions(['clipboard-read', 'clipboard-write'])
        await page.getByRole('button', { name: /Create order/ }).click()
        const panel = page.getByRole('complementary', { name: 'Step: Create order' })
        await panel.getByText('"Workshop"').first().waitFor()
        await panel.getByText('POST').waitFor()
        await panel.getByText(/headers? of the request/).click()
        // SEC-11: what a login obtained is never shown.
        expect(await panel.textContent()).not.toMatch(/Bearer (?!\[secret\])\S/)
        await panel.getByRole('button', { name: 'Copy output' }).click()
        await panel.getByRole('button', { name: 'Copied' }).waitFor()
        expect(await page.evaluate<string>('navigator.clipboard.readText()')).toContain('shipment_id')
        expect(page.url()).toContain('step=shiprocket.createOrder')
        await page.keyboard.press('Escape')
        await panel.waitFor({ state: 'detached' })
      })
    }),
  )
})

describe('flows', () => {
  test(
    'pause holds its runs back, resume lets them go',
    look(async () => {
      await visit('/console/flows/notify', {}, async ({ page }) => {
        await press(page, 'Pause')
        await confirm(page, /^Pause notify/, 'Pause', 'dialog-pause')
        await page.getByRole('heading', { name: 'This flow is paused' }).waitFor()
        const { run } = await api<{ run: string }>('POST', '/runs', { flow: 'notify', input: { text: 'held back' } })
        await page.getByText('1 run waits now.').waitFor()
        await picture(page, 'flow-paused-desktop-light')
        expect(await accessibilityOf(page)).toEqual([])
        await press(page, 'Resume')
        await confirm(page, /^Resume notify/, 'Resume', 'dialog-resume')
        await page.goto(`${new URL(page.url()).origin}/console/runs/${run}`)
        await badge(page, 'Completed')
      })
    }),
  )

  test(
    'start by hand: a form made from the schema, and what is wrong is said where it is pressed',
    look(async () => {
      await visit('/console/flows/review', { expected: /status of 400/ }, async ({ page }) => {
        await press(page, 'Start by hand')
        const dialog = page.getByRole('dialog', { name: 'Start review by hand' })
        await dialog.getByLabel('Customer').fill('')
        await dialog.getByRole('button', { name: 'Start', exact: true }).click()
        await dialog.getByRole('region', { name: 'The input does not have the expected form.' }).waitFor()
        await dialog.getByLabel('Customer').fill('By hand')
        await dialog.getByLabel('Amount').fill('1200')
        await dialog.getByLabel('Currency').selectOption({ label: 'eur' })
        await dialog.getByLabel('City').fill('Pune')
        await dialog
          .getByRole('button', { name: /that may stay empty/ })
          .first()
          .click()
        await picture(page, 'dialog-start-form')
        expect(await accessibilityOf(page)).toEqual([])
        await dialog.getByRole('button', { name: 'JSON', exact: true }).click()
        expect(await dialog.getByLabel('Input (JSON)').inputValue()).toContain('"Pune"')
        await picture(page, 'dialog-start-json')
        await dialog.getByRole('button', { name: 'Start', exact: true }).click()
        await page.waitForURL('**/console/runs/*')
        await badge(page, 'Waiting')
        await page.getByText('It was started by hand').waitFor()
      })
    }),
  )

  test(
    'a flow that events start is started by hand as its latest run was',
    look(async () => {
      await paid()
      const flows = (): Promise<{ sample: unknown }> => api('GET', '/flows/order-paid')
      await expect.poll(async () => (await flows()).sample).toBeTruthy()
      await visit('/console/flows/order-paid', {}, async ({ page }) => {
        await press(page, 'Start by hand')
        const dialog = page.getByRole('dialog', { name: 'Start order-paid by hand' })
        await dialog.getByRole('button', { name: 'Start', exact: true }).click()
        await page.waitForURL('**/console/runs/*')
        await page.getByRole('region', { name: 'What happened' }).waitFor()
      })
    }),
  )
})

describe('simulators', () => {
  test(
    'send an event: it arrives, and a run begins',
    look(async () => {
      await visit('/console/simulators/stripe', {}, async ({ page }) => {
        await press(page, 'Send an event')
        await page.getByRole('dialog').getByRole('combobox', { name: 'Event' }).selectOption({ index: 0 })
        await confirm(page, /^Send an event from stripe/, 'Send', 'dialog-event')
        await page.getByText(/is on its way/).waitFor()
        await page.getByRole('group', { name: 'Events sent' }).getByText('200').first().waitFor()
        await page
          .getByRole('group', { name: 'Tables' })
          .getByRole('button', { name: /^charges/ })
          .click()
        await page.getByRole('button', { name: /^ch_/ }).first().click()
        await page.getByRole('dialog').getByText('amount').first().waitFor()
        await picture(page, 'dialog-object')
        expect(await accessibilityOf(page)).toEqual([])
      })
    }),
  )

  test(
    'set a fault and clear it',
    look(async () => {
      await visit('/console/simulators/shop', {}, async ({ page }) => {
        await press(page, 'Set a fault')
        const dialog = page.getByRole('dialog')
        await dialog.getByLabel('How', { exact: true }).selectOption({ label: 'It is slow' })
        await dialog.getByLabel('At which operation').selectOption('getOrder')
        await dialog.getByLabel('By how many milliseconds').fill('1500')
        await confirm(page, /^Make something go wrong at shop/, 'Set the fault', 'dialog-fault')
        await page.getByText('It is slow: at getOrder, by 1.5 s, once more').waitFor()
        await press(page, 'Clear all faults')
        await page.getByText('It is slow: at getOrder').waitFor({ state: 'detached' })
        await press(page, 'Set a fault')
        await page.getByRole('dialog').getByText('Logins', { exact: true }).click()
        await confirm(page, /^Make something go wrong at shop/, 'End all logins', 'dialog-logins')
        await page.getByText('All logins have ended.').waitFor()
      })
    }),
  )
})

async function latestParked(): Promise<string> {
  for (let tries = 0; tries < 200; tries += 1) {
    const { runs } = await api<{ runs: RunRow[] }>('GET', '/runs?status=parked&limit=1')
    if (runs[0] !== undefined) return runs[0].run
    await new Promise((resolve) => setTimeout(resolve, 100))
  }
  throw new Error('no run is parked')
}
