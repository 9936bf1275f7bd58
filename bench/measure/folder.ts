// Fresh data folders on a real disk: a memory file system would make fsync free.
import { mkdirSync, mkdtempSync, rmSync, statfsSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'

const base = fileURLToPath(new URL('../../.tenon/bench/', import.meta.url))

// linux/magic.h
const kinds: Readonly<Record<number, string>> = {
  0xef53: 'ext4',
  0x58465342: 'xfs',
  0x9123683e: 'btrfs',
  0x794c7630: 'overlay',
  0x2fc12fc1: 'zfs',
  0x1a: 'apfs',
}
const inMemory: readonly number[] = [0x01021994, 0x858458f6]

export interface Folder {
  readonly path: string
  remove(): void
}

export function freshFolder(name: string): Folder {
  mkdirSync(base, { recursive: true })
  const path = mkdtempSync(join(base, `${name}-`))
  return { path, remove: () => rmSync(path, { recursive: true, force: true }) }
}

/** The kind of file system below the data folders; refuses one that lives in memory. */
export function diskKind(): string {
  mkdirSync(base, { recursive: true })
  const { type } = statfsSync(base)
  if (inMemory.includes(type)) throw new Error(`${base} lies in memory; a measurement with fsync needs a disk`)
  return kinds[type] ?? `type 0x${type.toString(16)}`
}
