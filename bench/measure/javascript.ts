// The programs under test as plain JavaScript: what strips the types at their start would count as their memory and time.
import { mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { stripTypeScriptTypes } from 'node:module'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { freshFolder } from './folder.ts'

const bench = fileURLToPath(new URL('../', import.meta.url))
const folders = ['measure', 'order-webhook', 'parked']

let made: string | null = null

/** Where a file of bench/ stands as JavaScript; all of them are written at the first call and removed at the end. */
export function javascript(file: string): string {
  made ??= quietly(strip)
  return join(made, file.replace(/\.ts$/, '.js'))
}

/** Node calls its own function experimental each time. */
function quietly<Result>(act: () => Result): Result {
  const { emitWarning } = process
  process.emitWarning = () => undefined
  try {
    return act()
  } finally {
    process.emitWarning = emitWarning
  }
}

function strip(): string {
  const { path } = freshFolder('javascript')
  process.once('exit', () => rmSync(path, { recursive: true, force: true }))
  for (const folder of folders) {
    for (const name of readdirSync(join(bench, folder)).filter((name) => name.endsWith('.ts'))) {
      const text = stripTypeScriptTypes(readFileSync(join(bench, folder, name), 'utf8'))
      const target = join(path, folder, name.replace(/\.ts$/, '.js'))
      mkdirSync(dirname(target), { recursive: true })
      writeFileSync(target, text.replaceAll(/\.ts'/g, ".js'"))
    }
  }
  return path
}
