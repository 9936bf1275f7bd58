// Builds the web console on first use, and again only when its sources change; plain JavaScript, because the launcher needs it on any Node.
import { spawn } from 'node:child_process'
import { createHash } from 'node:crypto'
import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { withLock } from './install.js'

const heartbeatMs = 5_000
const sources = ['index.html', 'package.json', 'vite.config.ts', 'public', 'src']

/** @param {string} text */
const say = (text) => process.stderr.write(`${text}\n`)

/** @param {string} folder @param {string} path @returns {string[]} */
function filesOf(folder, path) {
  try {
    return readdirSync(join(folder, path), { withFileTypes: true })
      .sort((left, right) => (left.name < right.name ? -1 : 1))
      .flatMap((entry) => (entry.isDirectory() ? filesOf(folder, `${path}/${entry.name}`) : [`${path}/${entry.name}`]))
  } catch {
    return [path]
  }
}

/**
 * A name for the sources as they are, with the libraries that they are built with.
 * @param {string} root
 */
function hashOf(root) {
  const folder = join(root, 'packages/console')
  const hash = createHash('sha256').update(readFileSync(join(root, 'package-lock.json')))
  for (const path of sources.flatMap((name) => filesOf(folder, name)))
    hash.update(`\0${path}\0`).update(readFileSync(join(folder, path)))
  return hash.digest('hex')
}

/** @param {string} root */
const stampOf = (root) => join(root, 'packages/console/dist/.sources')

/** @param {string} root */
function isBuilt(root) {
  try {
    return readFileSync(stampOf(root), 'utf8') === hashOf(root)
  } catch {
    return false
  }
}

/**
 * @param {string} root
 * @param {string} node
 * @returns {Promise<string | undefined>} what went wrong
 */
function runVite(root, node) {
  const program = join(root, 'node_modules/vite/bin/vite.js')
  const child = spawn(node, [program, 'build', '--logLevel', 'warn'], {
    cwd: join(root, 'packages/console'),
    // A test's own NODE_ENV would bring the libraries as they are for developers.
    env: { ...process.env, NODE_ENV: 'production' },
    stdio: ['ignore', 2, 2],
  })
  return new Promise((resolve) => {
    child.on('error', (error) => resolve(error.message))
    child.on('exit', (code, signal) => resolve(code === 0 ? undefined : `vite build ended with ${signal ?? code}`))
  })
}

/**
 * Brings packages/console/dist to what the sources say. Returns undefined when it is in place, else what went wrong.
 * @param {string} root
 * @param {string} node program that runs the build
 */
export async function buildConsole(root, node) {
  if (!existsSync(join(root, 'packages/console/index.html')) || isBuilt(root)) return undefined
  return withLock(root, async () => {
    if (isBuilt(root)) return undefined
    const started = performance.now()
    const seconds = () => Math.round((performance.now() - started) / 1000)
    say('Building the web console (only when its sources changed; a few seconds) …')
    const heartbeat = setInterval(() => say(`  … ${seconds()} s`), heartbeatMs)
    const hash = hashOf(root)
    const problem = await runVite(root, node)
    clearInterval(heartbeat)
    if (problem !== undefined) return problem
    // Last, so that an interrupted build does not count.
    mkdirSync(join(root, 'packages/console/dist'), { recursive: true })
    writeFileSync(stampOf(root), hash)
    say(`Built in ${seconds()} s.`)
    return undefined
  })
}
