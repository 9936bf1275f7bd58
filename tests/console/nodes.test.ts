import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, expect, test } from 'vitest'
import type { Secret } from '../../packages/tenon/src/base/secret.ts'
import type { Application } from '../../packages/tenon/src/server/application.ts'
import { isPostgresThere, usePostgres } from '../../packages/tenon/src/postgres/postgres.fixture.ts'
import {
  accessibilityOf,
  api,
  look,
  overflowOf,
  picture,
  prepare,
  start,
  useConsole,
  visit,
} from './browser.fixture.ts'

const server = usePostgres()
let url: Secret | undefined
let second: Application | undefined
const folder = mkdtempSync(join(tmpdir(), 'tenon-node-'))

if (isPostgresThere) {
  useConsole({ database: async () => (url = server().url(await server().newDatabase())) })
  prepare(async () => {
    second = await start(folder, 0, url)
  })
}
afterAll(async () => {
  await second?.drain(1_000)
  rmSync(folder, { recursive: true, force: true })
})

interface Nodes {
  readonly cluster: { readonly unheld: number; readonly nodes: readonly { readonly partitions: number }[] }
}

const partitions = async (): Promise<readonly number[]> =>
  (await api<Nodes>('GET', '/nodes')).cluster.nodes.map((node) => node.partitions)

for (const size of ['desktop', 'phone'] as const)
  test(
    `nodes, ${size}, light and dark: who holds what, fits, and axe-core finds nothing serious`,
    look(async () => {
      await expect.poll(partitions, { timeout: 20_000 }).toEqual([32, 32])
      await visit('/console/nodes', { size }, async ({ page }) => {
        await page.getByRole('link', { name: 'Nodes' }).waitFor()
        for (const theme of ['light', 'dark'] as const) {
          await page.emulateMedia({ colorScheme: theme })
          await page.getByText('32 of 64 partitions').filter({ visible: true }).nth(1).waitFor()
          await picture(page, `nodes-${size}-${theme}`)
          expect(await overflowOf(page)).toBe(0)
          expect(await accessibilityOf(page)).toEqual([])
        }
      })
    }),
  )

test(
  'what a node leaves is shown with the others',
  look(async () => {
    await visit('/console/nodes', {}, async ({ page }) => {
      await page.getByText('32 of 64 partitions').nth(1).waitFor()
      await second?.drain(1_000)
      await page.getByText('64 of 64 partitions').waitFor()
      expect(await page.getByRole('article').count()).toBe(1)
    })
  }),
)
