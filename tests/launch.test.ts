import { type ChildProcess, execFileSync, spawn } from 'node:child_process'
import { cpSync, existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { delimiter, dirname, join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { findNode, floor, isNewEnough } from '../packages/tenon/bin/runtime.js'
import { isInstalled } from '../scripts/install.js'

const root = fileURLToPath(new URL('..', import.meta.url))

// The launcher in a repository of its own, whose command line is a program that says what reaches it.
const program = `
const [, , , , , mode = 'drain'] = process.argv
for (const signal of ['SIGINT', 'SIGTERM'] as const) {
  process.on(signal, () => {
    console.log('got', signal)
    setTimeout(() => { console.log('drained'); process.exit(7) }, mode === 'slow' ? 2500 : 600)
  })
}
console.log('ready', process.argv.slice(2).join(' '))
if (mode === 'code') process.exit(3)
if (mode === 'kill') process.kill(process.pid, 'SIGKILL')
setInterval(() => {}, 1000)
`

function createRepository(): string {
  const folder = mkdtempSync(join(tmpdir(), 'tenon-launch-'))
  const put = (path: string, text: string): void => {
    mkdirSync(dirname(join(folder, path)), { recursive: true })
    writeFileSync(join(folder, path), text)
  }
  cpSync(join(root, 'packages/tenon/bin'), join(folder, 'packages/tenon/bin'), { recursive: true })
  for (const name of ['launch.js', 'install.js', 'console.js'])
    cpSync(join(root, 'scripts', name), join(folder, 'scripts', name))
  put('packages/tenon/src/cli/cli.ts', program)
  put('part/package.json', '{ "name": "part", "version": "1.0.0" }')
  put(
    'package.json',
    '{ "type": "module", "private": true, "dependencies": { "part": "file:part" }, "scripts": { "start": "node scripts/launch.js start" } }',
  )
  execFileSync('npm', ['install', '--package-lock-only', '--offline', '--no-audit'], { cwd: folder, stdio: 'ignore' })
  return folder
}

interface Launched {
  child: ChildProcess
  pid: number
  output: () => string
  says: (text: string) => Promise<void>
  ended: Promise<number | NodeJS.Signals | null>
}

/** In a process group of its own, as a terminal would start it. */
function start(program: string, args: readonly string[], cwd: string): Launched {
  // npm, too, shall find the Node that runs this test.
  const path = [dirname(process.execPath), process.env['PATH']].join(delimiter)
  const child = spawn(program, args, {
    cwd,
    detached: true,
    env: { ...process.env, PATH: path },
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  let text = ''
  for (const stream of [child.stdout, child.stderr]) stream.on('data', (part: Buffer) => (text += String(part)))
  const ended = new Promise<number | NodeJS.Signals | null>((resolve) =>
    child.on('close', (code, signal) => resolve(code ?? signal)),
  )
  const says = async (wanted: string): Promise<void> => {
    for (let tries = 0; !text.includes(wanted); tries += 1) {
      if (tries > 300 || child.exitCode !== null) throw new Error(`never said ${wanted}: ${text}`)
      await sleep(50)
    }
  }
  return { child, pid: child.pid ?? 0, output: () => text, says, ended }
}

const occurrences = (text: string, part: string): number => text.split(part).length - 1

let repository: string
const launch = (...args: string[]): Launched =>
  start(process.execPath, ['scripts/launch.js', 'start', ...args], repository)

beforeAll(async () => {
  repository = createRepository()
  await launch('code').ended
}, 60_000)
afterAll(() => rmSync(repository, { recursive: true, force: true }))

describe('which Node', () => {
  test.each(['24.12.0', 'v24.12.1', '24.21.0', '25.0.0', '26.10.0'])('%s is new enough', (version) => {
    expect(isNewEnough(version)).toBe(true)
  })

  test.each(['18.20.8', '20.20.2', 'v22.23.3', '24.11.9', '24.2.0'])('%s is too old', (version) => {
    expect(isNewEnough(version)).toBe(false)
  })

  test('a Node that is new enough is used as it is', () => {
    expect(findNode('99.0.0', '/usr/bin/node')).toBe('/usr/bin/node')
  })

  test('an old one gives way to the pinned one, which is new enough and runs TypeScript', () => {
    const node = findNode('20.20.2', '/usr/bin/node')
    expect(node).not.toBe('/usr/bin/node')
    const version = execFileSync(
      node ?? '',
      ['--input-type=module-typescript', '-e', 'const v: string = process.version; console.log(v)'],
      { encoding: 'utf8' },
    )
    expect(isNewEnough(version.trim())).toBe(true)
  })

  test('every package states the floor that the launcher keeps', () => {
    for (const name of ['tenon', 'connectors']) {
      expect(readFileSync(join(root, 'packages', name, 'package.json'), 'utf8')).toContain(`"node": ">=${floor}"`)
    }
  })
})

describe('installing', () => {
  test('happens when there is nothing, and not a second time', async () => {
    rmSync(join(repository, 'node_modules'), { recursive: true, force: true })
    const first = launch('code')
    expect(await first.ended).toBe(3)
    expect(first.output()).toContain('Installing')
    expect(existsSync(join(repository, 'node_modules/part'))).toBe(true)

    const second = launch('code')
    expect(await second.ended).toBe(3)
    expect(second.output()).not.toContain('Installing')
  })

  test('two commands at once install once', async () => {
    rmSync(join(repository, 'node_modules'), { recursive: true, force: true })
    const both = [launch('code'), launch('code')]
    expect(await Promise.all(both.map((one) => one.ended))).toEqual([3, 3])
    expect(occurrences(both.map((one) => one.output()).join(''), 'Installed in')).toBe(1)
  })

  test('a lock left by a killed installation does not stop the next one', async () => {
    rmSync(join(repository, 'node_modules'), { recursive: true, force: true })
    const dead = spawn(process.execPath, ['-e', '0'])
    await new Promise((resolve) => dead.on('exit', resolve))
    writeFileSync(join(repository, '.install.lock'), String(dead.pid))
    expect(await launch('code').ended).toBe(3)
  })

  test('that fails says so, starts nothing and ends with 1; the next attempt is whole', async () => {
    const manifest = readFileSync(join(repository, 'package.json'), 'utf8')
    rmSync(join(repository, 'node_modules'), { recursive: true, force: true })
    writeFileSync(
      join(repository, 'package.json'),
      manifest.replace('"part": "file:part"', '"part": "file:part", "left": "1.0.0"'),
    )
    const failing = launch('code')
    expect(await failing.ended).toBe(1)
    expect(failing.output()).toContain('Installing failed')
    expect(failing.output()).not.toContain('ready')

    writeFileSync(join(repository, 'package.json'), manifest)
    expect(await launch('code').ended).toBe(3)
  })

  test('an unknown command lists the known ones', async () => {
    const launched = start(process.execPath, ['scripts/launch.js', 'dance'], repository)
    expect(await launched.ended).toBe(1)
    expect(launched.output()).toContain('start, test, verify')
  })
})

describe('what counts as installed', () => {
  const entry = { version: '1.0.0', integrity: 'sha512-a' }
  const locked = { '': {}, 'node_modules/a': entry, 'node_modules/b': { ...entry, optional: true } }

  function judge(present: object | undefined): boolean {
    const folder = mkdtempSync(join(tmpdir(), 'tenon-installed-'))
    mkdirSync(join(folder, 'node_modules'))
    writeFileSync(join(folder, 'package-lock.json'), JSON.stringify({ packages: locked }))
    if (present !== undefined)
      writeFileSync(join(folder, 'node_modules/.package-lock.json'), JSON.stringify({ packages: present }))
    const verdict = isInstalled(folder)
    rmSync(folder, { recursive: true })
    return verdict
  }

  test('npm finished, with or without the optional package of another platform', () => {
    expect(judge({ 'node_modules/a': entry })).toBe(true)
    expect(judge({ 'node_modules/a': entry, 'node_modules/b': entry })).toBe(true)
  })

  test('not an interrupted installation, which has no record', () => {
    expect(judge(undefined)).toBe(false)
  })

  test('not another version, another content or a missing package', () => {
    expect(judge({ 'node_modules/a': { ...entry, version: '1.0.1' } })).toBe(false)
    expect(judge({ 'node_modules/a': { ...entry, integrity: 'sha512-b' } })).toBe(false)
    expect(judge({ 'node_modules/b': entry })).toBe(false)
  })
})

describe.skipIf(process.platform === 'win32')('signals and endings', () => {
  test('arguments arrive after the ones of the command', async () => {
    const launched = launch('code', '--port', '1')
    await launched.ended
    expect(launched.output()).toContain('ready start --app examples/order-paid/app.ts code --port 1')
  })

  test('the exit code is handed on', async () => {
    expect(await launch('code').ended).toBe(3)
  })

  test('a death by signal is handed on', async () => {
    expect(await launch('kill').ended).toBe('SIGKILL')
  })

  test('Ctrl-C in the terminal, and npm passing it on, is one signal; the launcher waits for the drain', async () => {
    const launched = launch()
    await launched.says('ready')
    process.kill(-launched.pid, 'SIGINT')
    await sleep(30)
    process.kill(launched.pid, 'SIGINT')
    expect(await launched.ended).toBe(7)
    expect(occurrences(launched.output(), 'got SIGINT')).toBe(1)
    expect(launched.output()).toContain('drained')
  })

  test.each(['SIGINT', 'SIGTERM'] as const)('%s to the launcher alone reaches the program', async (signal) => {
    const launched = launch()
    await launched.says('ready')
    process.kill(launched.pid, signal)
    expect(await launched.ended).toBe(7)
    expect(occurrences(launched.output(), `got ${signal}`)).toBe(1)
  })

  test('a second Ctrl-C a while later is a second signal', async () => {
    const launched = launch('slow')
    await launched.says('ready')
    process.kill(-launched.pid, 'SIGINT')
    await launched.says('got SIGINT')
    await sleep(1200)
    process.kill(-launched.pid, 'SIGINT')
    expect(await launched.ended).toBe(7)
    expect(occurrences(launched.output(), 'got SIGINT')).toBe(2)
  })

  test('through npm start, too', async () => {
    const launched = start('npm', ['start', '--silent'], repository)
    await launched.says('ready')
    process.kill(-launched.pid, 'SIGINT')
    await launched.ended
    expect(occurrences(launched.output(), 'got SIGINT')).toBe(1)
    expect(launched.output()).toContain('drained')
  })
})
