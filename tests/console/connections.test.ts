import { describe, expect, test } from 'vitest'
import { createAuthority } from '../../packages/tenon/src/outbound/certificates.fixture.ts'
import { accessibilityOf, api, look, picture, useConsole, visit } from './browser.fixture.ts'

useConsole()

interface Shown {
  readonly fields: Readonly<Record<string, string>>
  readonly untried: { readonly since: number; readonly cause: string } | null
}

describe('an account of a provider that is away', () => {
  test(
    'AUT-06: keys of several lines go in whole, and the page says plainly that nobody could try them',
    look(async () => {
      const { certificate, key } = await (await createAuthority()).issue({ name: 'shop' })
      await visit('/console/connections', {}, async ({ page }) => {
        await page.getByRole('button', { name: 'Connect an account' }).click()
        const dialog = page.getByRole('dialog')
        await dialog.getByLabel('Of what').selectOption('bank')
        await dialog.getByLabel(/^Client certificate/).fill(certificate)
        await dialog.getByLabel('Private key (PEM)').fill(key)
        await picture(page, 'dialog-connect-pem')
        expect(await accessibilityOf(page)).toEqual([])
        await dialog.getByRole('button', { name: 'Connect', exact: true }).click()

        await page.getByText('bank is kept, but could not be tried.').waitFor()
        await page.getByRole('heading', { level: 1, name: 'bank' }).waitFor()
        const notice = page.getByRole('region', { name: 'bank could not be reached: this account is not tried yet.' })
        expect(await notice.textContent()).toMatch(/Since \d\d:\d\d:\d\d nobody knows.*When bank answers again, press/)
        await page.getByText('Not tried yet', { exact: true }).waitFor()
        await picture(page, 'connection-untried')
        expect(await accessibilityOf(page)).toEqual([])

        await page.getByRole('button', { name: 'Try it' }).click()
        await page.getByText(/^Tried at \d\d:\d\d:\d\d\. If bank is out of order, try it again later\.$/).waitFor()
        await picture(page, 'connection-unreachable')
      })
      const { fields, untried } = await api<Shown>('GET', '/connections/bank/main')
      expect(fields).toEqual({ certificate: certificate.trim() })
      expect(untried?.cause).toContain('bank.me')
    }),
  )
})
