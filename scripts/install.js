// Brings node_modules to what package-lock.json says, once; plain JavaScript without dependencies, because it runs before there are any.
import { spawn } from 'node:child_process'
import { readFileSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'

const heartbeatMs = 5_000
const abandonedMs = 20 * 60_000

/** @param {string} text */
const say = (text) => process.stderr.write(`${text}\n`)

/**
 * @param {string} path
 * @returns {{ packages?: Record<string, { version?: string, integrity?: string, optional?: boolean }> } | undefined}
 */
function readJson(path) {
  try {
    return JSON.parse(readFileSync(path, 'utf8'))
  } catch {
    return undefined
  }
}

/**
 * True when npm's own record of its last finished installation agrees with package-lock.json. `npm ci` deletes that record first and
 * writes it last, so an installation that was interrupted, or made for another lockfile, does not count.
 * @param {string} root
 */
export function isInstalled(root) {
  const locked = readJson(join(root, 'package-lock.json'))?.packages
  const present = readJson(join(root, 'node_modules', '.package-lock.json'))?.packages
  if (locked === undefined || present === undefined) return false
  return Object.entries(locked).every(([path, entry]) => {
    if (path === '') return true
    const found = present[path]
    if (found === undefined) return entry.optional === true
    return found.version === entry.version && found.integrity === entry.integrity
  })
}

/**
 * npm's program: the one that started us, else the one on the PATH.
 * @returns {{ program: string, prefix: string[], shell: boolean }}
 */
function npm() {
  const program = process.env.npm_execpath
  if (program?.endsWith('npm-cli.js')) {
    return { program: process.env.npm_node_execpath ?? process.execPath, prefix: [program], shell: false }
  }
  return process.platform === 'win32'
    ? { program: 'npm.cmd', prefix: [], shell: true }
    : { program: 'npm', prefix: [], shell: false }
}

/**
 * @param {string} root
 * @returns {Promise<string | undefined>} what went wrong
 */
function runNpm(root) {
  const { program, prefix, shell } = npm()
  const args = [...prefix, 'ci', '--ignore-scripts', '--no-audit', '--no-fund', '--no-progress', '--loglevel=error']
  const child = spawn(program, args, { cwd: root, shell, stdio: ['ignore', 2, 2] })
  return new Promise((resolve) => {
    child.on('error', (error) => resolve(error.message))
    child.on('exit', (code, signal) => resolve(code === 0 ? undefined : `npm ci ended with ${signal ?? code}`))
  })
}

/** @param {unknown} error @param {string} code */
const hasCode = (error, code) => error instanceof Error && 'code' in error && error.code === code

/** @param {number} pid */
function isAlive(pid) {
  try {
    process.kill(pid, 0)
    return true
  } catch (error) {
    return hasCode(error, 'EPERM')
  }
}

/** @param {string} path */
function isAbandoned(path) {
  try {
    const holder = Number(readFileSync(path, 'utf8'))
    const ageMs = Date.now() - statSync(path).mtimeMs
    // Without a number its writer was killed between creating and writing.
    return holder > 0 ? !isAlive(holder) || ageMs > abandonedMs : ageMs > 5_000
  } catch {
    return false
  }
}

/**
 * One installation or build at a time: a second command waits for the first, and a lock left by a dead process is taken over.
 * @param {string} root
 * @param {() => Promise<string | undefined>} work
 */
export async function withLock(root, work) {
  const path = join(root, '.install.lock')
  for (let tries = 0; ; tries += 1) {
    try {
      writeFileSync(path, String(process.pid), { flag: 'wx' })
      break
    } catch (error) {
      if (!hasCode(error, 'EEXIST')) throw error
      if (isAbandoned(path)) rmSync(path, { force: true })
      else await sleep(200)
      if (tries === 0) say('Waiting for another command that installs or builds in this folder …')
    }
  }
  try {
    return await work()
  } finally {
    rmSync(path, { force: true })
  }
}

/**
 * Returns undefined when everything is in place, else what went wrong.
 * @param {string} root
 * @param {() => boolean} isReady
 */
export async function install(root, isReady = () => isInstalled(root)) {
  if (isReady()) return undefined
  return withLock(root, async () => {
    if (isReady()) return undefined
    const started = performance.now()
    const seconds = () => Math.round((performance.now() - started) / 1000)
    say('Installing what package-lock.json lists (only when it changed; about a minute) …')
    const heartbeat = setInterval(() => say(`  … ${seconds()} s`), heartbeatMs)
    const problem = await runNpm(root)
    clearInterval(heartbeat)
    if (problem !== undefined) return problem
    say(`Installed in ${seconds()} s.`)
    return undefined
  })
}
