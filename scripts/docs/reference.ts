// Writes the reference pages that follow from the code: commands, settings, the management API, metrics.
import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { root } from '../tool.ts'
import { apiPage } from './api-page.ts'
import { commandPage } from './command-page.ts'
import { metricPage } from './metric-page.ts'
import { settingsPage } from './settings-page.ts'

/** They are never committed: what is made from the code cannot differ from it. */
export async function writeReference(): Promise<void> {
  const folder = join(root, 'docs/reference')
  mkdirSync(folder, { recursive: true })
  const pages = { cli: commandPage(), api: apiPage(), metrics: metricPage(), settings: settingsPage() }
  for (const [name, page] of Object.entries(pages)) writeFileSync(join(folder, `${name}.md`), await page)
}

if (import.meta.main) await writeReference()
