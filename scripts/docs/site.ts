// `npm run docs`: builds the site of docs/ where it changed, and serves it on this machine. `-- write` serves it while it is being written, `-- build` only builds.
import { createHash } from 'node:crypto'
import { globSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { preview } from 'vite'
import { build, createServer } from 'vitepress'
import { root } from '../tool.ts'
import { writeReference } from './reference.ts'

const docs = join(root, 'docs')
const site = join(root, '.docs-site')
const stamp = join(site, '.sources')
const usualPort = 4401

const say = (text: string): void => void process.stderr.write(`${text}\n`)

function hashOfSources(): string {
  const hash = createHash('sha256').update(readFileSync(join(root, 'package-lock.json')))
  const files = [
    ...globSync('**/*', { cwd: docs, withFileTypes: true }),
    ...globSync('.vitepress/**/*', { cwd: docs, withFileTypes: true }),
  ]
  for (const path of files
    .filter((file) => file.isFile())
    .map((file) => join(file.parentPath, file.name))
    .toSorted())
    hash.update(`\0${path}\0`).update(readFileSync(path))
  return hash.digest('hex')
}

function isBuilt(hash: string): boolean {
  try {
    return readFileSync(stamp, 'utf8') === hash
  } catch {
    return false
  }
}

async function buildSite(): Promise<void> {
  const hash = hashOfSources()
  if (isBuilt(hash)) return
  const started = performance.now()
  const seconds = (): number => Math.round((performance.now() - started) / 1000)
  say('Building the documentation (only when it changed; some ten seconds) …')
  const heartbeat = setInterval(() => say(`  … ${seconds()} s`), 5000)
  try {
    await build(docs)
    // Last, so that an interrupted build does not count.
    writeFileSync(stamp, hash)
  } finally {
    clearInterval(heartbeat)
  }
  say(`Built in ${seconds()} s.`)
}

const [mode = 'serve'] = process.argv.slice(2)
const port = Number(process.env['PORT'] ?? usualPort)
say('Writing the reference from the code …')
await writeReference()
if (mode === 'write') {
  const server = await createServer(docs, { host: '127.0.0.1', port })
  await server.listen()
  server.printUrls()
} else {
  await buildSite()
  if (mode === 'serve') {
    // VitePress' own server would listen on every address of the machine.
    const server = await preview({
      configFile: false,
      root: docs,
      appType: 'mpa',
      build: { outDir: site },
      preview: { host: '127.0.0.1', port },
      logLevel: 'warn',
    })
    say(`The documentation is at ${server.resolvedUrls?.local[0] ?? ''} (Ctrl-C ends it).`)
  }
}
