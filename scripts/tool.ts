// Runs one of the repository's development tools with the Node that runs us.
import { spawn } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'

export const root: string = fileURLToPath(new URL('..', import.meta.url))

export interface Ended {
  code: number
  /** What it printed, both streams in their order. */
  output: string
}

interface Manifest {
  bin: string | Record<string, string>
}

function binOf(name: string): string {
  const folder = join(root, 'node_modules', name)
  const { bin }: Manifest = JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8'))
  const file = typeof bin === 'string' ? bin : (bin[name] ?? Object.values(bin)[0])
  if (file === undefined) throw new Error(`${name} has no program`)
  return join(folder, file)
}

export function runNode(args: readonly string[], cwd: string = root): Promise<Ended> {
  const child = spawn(process.execPath, args, { cwd, stdio: ['ignore', 'pipe', 'pipe'] })
  let output = ''
  for (const stream of [child.stdout, child.stderr])
    stream.setEncoding('utf8').on('data', (text: string) => (output += text))
  return new Promise((resolve, reject) => {
    child.on('error', reject)
    child.on('close', (code) => resolve({ code: code ?? 1, output }))
  })
}

/** A tool by its package's name. */
export function runTool(name: string, args: readonly string[], cwd: string = root): Promise<Ended> {
  return runNode([binOf(name), ...args], cwd)
}
