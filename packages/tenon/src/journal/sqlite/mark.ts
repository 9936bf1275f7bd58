import { existsSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { parseJson } from '../../base/json.ts'
import { syncFile } from '../../sqlite/sqlite.ts'
import type { TransferMark } from '../transfer.ts'

function markPath(folder: string): string {
  return join(folder, 'transfer.json')
}

/** Where the folder stands in a move to another place; `null` for none. Throws for a file that cannot be read: nobody knows then. */
export function readMark(folder: string): TransferMark | null {
  const path = markPath(folder)
  return existsSync(path) ? (parseJson(readFileSync(path, 'utf8')) as TransferMark) : null
}

/** The old or the new one is there after a crash, and whole. */
export function writeMark(folder: string, mark: TransferMark | null): void {
  const path = markPath(folder)
  if (mark === null) rmSync(path, { force: true })
  else {
    const draft = `${path}.new`
    writeFileSync(draft, `${JSON.stringify(mark)}\n`, { mode: 0o600 })
    syncFile(draft)
    renameSync(draft, path)
  }
  syncFile(folder)
}
