import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { sqliteStore } from './sqlite.ts'
import { storeSuite } from './store.suite.ts'

storeSuite('sqlite', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'tenon-store-'))
  let store = sqliteStore({ folder })
  return {
    store,
    async reopen() {
      await store.close()
      store = sqliteStore({ folder })
      return store
    },
    async end() {
      await store.close()
      rmSync(folder, { recursive: true })
    },
  }
})
