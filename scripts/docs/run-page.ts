// Does what a page of the documents says, in its order: writes its files, runs its commands, against real servers.
import { spawn, type ChildProcess } from 'node:child_process'
import { mkdirSync, mkdtempSync, readFileSync, realpathSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { createServer, type AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { delimiter, dirname, join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { root } from '../tool.ts'
import { blocksOf, isForRepository, type Block } from './blocks.ts'

const patienceMs = 90_000

/** As after `npm install`, but from the sources of this repository. */
const vitestConfig = `export default {
  resolve: { conditions: ['source'] },
  ssr: { resolve: { conditions: ['source', 'node', 'import', 'default'], externalConditions: ['source'] } },
  test: { execArgv: ['--conditions=source'] },
}
`

/** Rejects with the page, the line and what was printed, when something does not do what the page says. */
export async function runPage(page: string): Promise<void> {
  const text = readFileSync(join(root, page), 'utf8')
  const place = await Place.make(isForRepository(text))
  try {
    for (const block of blocksOf(text)) {
      try {
        await place.do(block)
      } catch (error) {
        throw new Error(`${page}:${block.line}\n${block.text}\n${(error as Error).message}`, { cause: error })
      }
    }
  } finally {
    await place.leave()
  }
}

interface Address {
  readonly url: string
  readonly pid: number
}

class Place {
  readonly #folder: string
  readonly #environment: NodeJS.ProcessEnv
  readonly #isRepository: boolean
  #current: string
  #server: { readonly child: ChildProcess; readonly output: () => string; readonly pid: number } | null = null

  static async make(isRepository: boolean): Promise<Place> {
    const folder = realpathSync(mkdtempSync(join(tmpdir(), 'tenon-docs-')))
    symlinkSync(join(root, 'node_modules'), join(folder, 'node_modules'))
    writeFileSync(join(folder, 'package.json'), '{ "type": "module", "private": true }\n')
    writeFileSync(join(folder, 'vitest.config.ts'), vitestConfig)
    writeFileSync(join(folder, 'tsconfig.json'), JSON.stringify({ extends: join(root, 'tsconfig.base.json') }))
    return new Place(folder, isRepository, await freePort())
  }

  private constructor(folder: string, isRepository: boolean, port: number) {
    this.#folder = folder
    this.#isRepository = isRepository
    this.#current = isRepository ? root : folder
    const path = [dirname(process.execPath), process.env['PATH']].join(delimiter)
    const { CI: _ci, ...inherited } = process.env
    this.#environment = { ...inherited, PATH: path, PORT: String(port), NO_COLOR: '1', npm_config_offline: 'true' }
    if (isRepository) this.#environment['TENON_DATA'] = join(folder, '.tenon')
  }

  async do(block: Block): Promise<void> {
    if (block.kind === 'file') {
      const path = join(this.#current, block.file)
      mkdirSync(dirname(path), { recursive: true })
      writeFileSync(path, `${block.text}\n`)
    } else if (block.notRun !== null) return
    else if (block.keepsRunning) await this.#serve(block.text)
    else await this.#run(block)
  }

  async leave(): Promise<void> {
    await this.#stop()
    rmSync(this.#folder, { recursive: true, force: true })
  }

  async #run({ text, shows, exits, serverSays }: Extract<Block, { kind: 'commands' }>): Promise<void> {
    const said = this.#server?.output().length ?? 0
    const commands = await this.#filled(text)
    const limit = Date.now() + patienceMs
    for (;;) {
      const { code, output } = await this.#shell(commands)
      if (code === exits && (shows === null || output.includes(shows))) break
      // Only what is to be shown may take a while; commands that fail have failed.
      if (shows === null || code !== exits || Date.now() > limit)
        throw new Error(`exit code ${code}, expected ${exits}${shows === null ? '' : ` and "${shows}"`}\n${output}`)
      await sleep(500)
    }
    if (serverSays !== null) await this.#heard(serverSays, said)
  }

  async #heard(text: string, from: number): Promise<void> {
    const limit = Date.now() + patienceMs
    const said = (): string => this.#server?.output().slice(from) ?? ''
    while (!said().includes(text)) {
      if (Date.now() > limit) throw new Error(`the server does not say "${text}"\n${said()}`)
      await sleep(100)
    }
  }

  /** `<run>` is the latest run, `<pid>` and `<port>` are those of the server. */
  async #filled(text: string): Promise<string> {
    let filled = text
    if (filled.includes('<run>')) {
      const { output } = await this.#shell('npx tenon runs list --json --limit 1')
      const [latest] = (JSON.parse(output) as { runs: { run: string }[] }).runs
      filled = filled.replaceAll('<run>', latest?.run ?? '<run>')
    }
    const address = this.#address()
    return address === null
      ? filled
      : filled.replaceAll('<pid>', String(address.pid)).replaceAll('<port>', new URL(address.url).port)
  }

  async #shell(commands: string): Promise<{ code: number | null; output: string }> {
    const note = join(this.#folder, '.where')
    const script = `cd ${JSON.stringify(this.#current)}\n${commands}\npwd > ${JSON.stringify(note)}\n`
    const { child, output } = this.#spawn(script)
    const code = await new Promise<number | null>((resolve) => child.on('close', resolve))
    if (code === 0) this.#current = readFileSync(note, 'utf8').trim()
    return { code, output: output() }
  }

  #spawn(script: string, options: { readonly detached?: boolean } = {}) {
    const child = spawn('bash', ['-eu', '-o', 'pipefail', '-c', script], {
      env: this.#environment,
      stdio: ['ignore', 'pipe', 'pipe'],
      ...options,
    })
    let printed = ''
    for (const stream of [child.stdout, child.stderr])
      stream?.setEncoding('utf8').on('data', (text: string) => (printed += text))
    return { child, output: () => printed }
  }

  async #serve(commands: string): Promise<void> {
    await this.#stop()
    const before = this.#address()?.pid
    const { child, output } = this.#spawn(`cd ${JSON.stringify(this.#current)}\n${commands}`, { detached: true })
    this.#server = { child, output, pid: child.pid ?? 0 }
    const limit = Date.now() + patienceMs
    while (!(await this.#isReady(before))) {
      if (child.exitCode !== null || Date.now() > limit) throw new Error(`the server is not ready\n${output()}`)
      await sleep(100)
    }
  }

  async #isReady(before: number | undefined): Promise<boolean> {
    const address = this.#address()
    if (address === null || address.pid === before) return false
    return fetch(`${address.url}/health`).then(
      ({ ok }) => ok,
      () => false,
    )
  }

  #address(): Address | null {
    const folder = this.#isRepository ? this.#folder : this.#current
    try {
      return JSON.parse(readFileSync(join(folder, '.tenon/server.json'), 'utf8')) as Address
    } catch {
      return null
    }
  }

  /** As Ctrl-C would, and by force when that is not enough. */
  async #stop(): Promise<void> {
    const server = this.#server
    this.#server = null
    if (server === null || server.child.exitCode !== null || server.child.signalCode !== null) return
    const ended = new Promise((resolve) => server.child.on('close', resolve))
    process.kill(-server.pid, 'SIGINT')
    const gaveUp = sleep(20_000, 'limit', { ref: false })
    if ((await Promise.race([ended, gaveUp])) === 'limit') process.kill(-server.pid, 'SIGKILL')
    await ended
  }
}

function freePort(): Promise<number> {
  const probe = createServer()
  return new Promise((resolve) => {
    probe.listen(0, '127.0.0.1', () => {
      const { port } = probe.address() as AddressInfo
      probe.close(() => resolve(port))
    })
  })
}
