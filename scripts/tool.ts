// Runs one of the repository's development tools with the Node that runs us.
import { spawn } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'

export const root: string = fileURLToPath(new URL('..', import.meta.url))

const require = createRequire(import.meta.url)

function binOf(name: string): string {
  const path = join(root, 'node_modules', name, 'package.json')
  const { bin } = require(path) as { bin: string | Record<string, string> }
  const file = typeof bin === 'string' ? bin : (bin[name] ?? Object.values(bin)[0])
  if (file === undefined) throw new Error(`${name} has no program`)
  return join(dirname(path), file)
}

/** Resolves with the exit code; a signal counts as 1. */
export function run(name: string, args: readonly string[], cwd: string = root): Promise<number> {
  const child = spawn(process.execPath, [binOf(name), ...args], { cwd, stdio: 'inherit' })
  return new Promise((resolve, reject) => {
    child.on('error', reject)
    child.on('exit', (code) => resolve(code ?? 1))
  })
}

export function readJson(...path: readonly string[]): unknown {
  return JSON.parse(readFileSync(join(root, ...path), 'utf8'))
}
