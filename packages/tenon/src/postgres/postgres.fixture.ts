// PostgreSQL itself, started for the tests of one file on a free port in a temporary folder.
import { execFile, spawn, type ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { rmSync } from 'node:fs'
import { createServer } from 'node:net'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { Client } from 'pg'
import { afterAll, beforeAll, beforeEach } from 'vitest'
import { Secret } from '../base/secret.ts'
import { asOwner, isPostgresThere, ownFolder, processesOf, program, signal, writeOwn } from './programs.fixture.ts'

export { isPostgresThere } from './programs.fixture.ts'

const run = promisify(execFile)
const user = 'tenon'
const password = 'p@ss/wörd:1'
const startLimitMs = 60_000
/** A database for each of many tests is a quarter of a million files. */
const removalLimitMs = 300_000

export interface ServerOptions {
  /** Off: what the tests say holds only as long as the machine stays up. On where the claim is that nothing is lost. Default: off. */
  readonly fsync?: boolean
  /** PEM; without, it speaks in the clear only. */
  readonly tls?: { readonly certificate: string; readonly key: string }
  /** Of what it is started with, what should be otherwise. */
  readonly settings?: Readonly<Record<string, string>>
}

/** Brings a server up for the tests of one file. Where PostgreSQL is missing, they are skipped. */
export function usePostgres(options: ServerOptions = {}): () => PostgresServer {
  let server: PostgresServer | undefined
  beforeAll(async () => {
    if (isPostgresThere) server = await startPostgres(options)
  }, startLimitMs)
  beforeEach((context) => {
    if (!isPostgresThere) context.skip('needs PostgreSQL')
  })
  afterAll(() => server?.remove(), removalLimitMs)
  return () => {
    if (server === undefined) throw new Error('there is no server')
    return server
  }
}

export async function startPostgres({ fsync = false, tls, settings }: ServerOptions = {}): Promise<PostgresServer> {
  const folder = ownFolder()
  const secret = writeOwn(folder, 'password', password)
  const data = join(folder, 'data')
  await run(
    program('initdb'),
    [
      '-D',
      data,
      '-U',
      user,
      '--auth=scram-sha-256',
      `--pwfile=${secret}`,
      '--encoding=UTF8',
      '--locale=C',
      '--no-sync',
    ],
    asOwner(),
  )
  const server = new PostgresServer(folder, {
    fsync: fsync ? 'on' : 'off',
    full_page_writes: fsync ? 'on' : 'off',
    ...(tls && {
      ssl: 'on',
      ssl_cert_file: writeOwn(folder, 'certificate.pem', tls.certificate),
      ssl_key_file: writeOwn(folder, 'key.pem', tls.key),
    }),
    ...settings,
  })
  await server.start()
  return server
}

/** A server that the tests may treat badly. */
export class PostgresServer {
  readonly folder: string
  readonly #settings: Readonly<Record<string, string>>
  #port = 0
  #child: ChildProcess | null = null
  #databases = 0
  readonly #killOnExit = (): void => void this.#child?.kill('SIGKILL')

  constructor(folder: string, settings: Readonly<Record<string, string>>) {
    this.folder = folder
    this.#settings = settings
  }

  get port(): number {
    return this.#port
  }

  get dataFolder(): string {
    return join(this.folder, 'data')
  }

  /** Reached over TCP, so that a proxy may stand between. */
  url(database: string, port: number | readonly number[] = this.#port): Secret {
    const hosts = [port].flat().map((one) => `127.0.0.1:${one}`)
    return new Secret(`postgres://${user}:${encodeURIComponent(password)}@${hosts.join(',')}/${database}`)
  }

  /** A new empty database; its name. */
  async newDatabase(): Promise<string> {
    const name = `test_${(this.#databases += 1)}`
    await this.sql(`CREATE DATABASE ${name} TEMPLATE template0`)
    return name
  }

  /** What an administrator would do. */
  async sql<Row>(text: string, database = 'postgres'): Promise<readonly Row[]> {
    const client = new Client({ host: '127.0.0.1', port: this.#port, user, password, database })
    client.on('error', () => undefined)
    await client.connect()
    try {
      const result = await client.query(text)
      return result.rows as Row[]
    } finally {
      await client.end()
    }
  }

  async start(): Promise<void> {
    for (const until = Date.now() + startLimitMs; ;) {
      if (this.#port === 0) this.#port = await freePort()
      const said = await this.#tryToStart(until)
      if (said === null) return
      // Processes of a server that was killed may hold its memory for a moment, or somebody else took the port.
      if (Date.now() > until) throw new Error(`PostgreSQL did not start:\n${said}`)
      await pause(100)
    }
  }

  async #tryToStart(until: number): Promise<string | null> {
    const settings = { ...defaults, ...this.#settings, port: String(this.#port), unix_socket_directories: this.folder }
    const words = Object.entries(settings).flatMap(([name, value]) => ['-c', `${name}=${value}`])
    const child = spawn(program('postgres'), ['-D', this.dataFolder, ...words], {
      ...asOwner(),
      stdio: ['ignore', 'ignore', 'pipe'],
    })
    let said = ''
    child.stderr.on('data', (piece: Buffer) => (said = (said + piece.toString()).slice(-10_000)))
    this.#child = child
    process.on('exit', this.#killOnExit)
    while (child.exitCode === null && child.signalCode === null && Date.now() < until) {
      if (
        await this.sql('SELECT 1').then(
          () => true,
          () => false,
        )
      )
        return null
      await pause(25)
    }
    await this.kill()
    return said
  }

  /** At once, as a crash does: all its processes. */
  async kill(): Promise<void> {
    await this.#end('SIGKILL')
  }

  async restart(): Promise<void> {
    await this.#end('SIGINT')
    await this.start()
  }

  async #end(how: NodeJS.Signals): Promise<void> {
    const child = this.#child
    if (child === null) return
    this.#child = null
    process.off('exit', this.#killOnExit)
    const pids = how === 'SIGKILL' ? processesOf(child) : []
    if (child.exitCode === null && child.signalCode === null) {
      const ended = once(child, 'exit')
      child.kill(how)
      for (const pid of pids) signal(pid, 'SIGKILL')
      await ended
    }
  }

  /** Its sockets stay open, and nothing answers. */
  pause(): void {
    for (const pid of processesOf(this.#child)) signal(pid, 'SIGSTOP')
  }

  resume(): void {
    for (const pid of processesOf(this.#child)) signal(pid, 'SIGCONT')
  }

  /** A second server without which no commit returns. */
  async addStandby(): Promise<PostgresServer> {
    const folder = ownFolder()
    const standby = new PostgresServer(folder, { ...this.#settings, primary_slot_name: '' })
    const source = `host=127.0.0.1 port=${this.#port} user=${user} application_name=standby`
    await run(
      program('pg_basebackup'),
      ['-D', standby.dataFolder, '-d', source, '-R', '-X', 'stream', '-c', 'fast', '--no-sync'],
      {
        ...asOwner(),
        env: { ...process.env, PGPASSWORD: password },
      },
    )
    await standby.start()
    await this.sql("ALTER SYSTEM SET synchronous_standby_names = 'standby'")
    await this.sql('SELECT pg_reload_conf()')
    while ((await this.sql("SELECT 1 FROM pg_stat_replication WHERE sync_state = 'sync'")).length === 0) await pause(25)
    return standby
  }

  /** Makes a standby the primary. */
  async promote(): Promise<void> {
    await this.sql('SELECT pg_promote(true, 30)')
  }

  async remove(): Promise<void> {
    this.resume()
    await this.#end('SIGQUIT')
    rmSync(this.folder, { recursive: true, force: true })
  }
}

const defaults: Readonly<Record<string, string>> = {
  listen_addresses: '127.0.0.1',
  max_connections: '60',
  shared_buffers: '16MB',
  autovacuum_naptime: '5s',
  // A server that was killed has to be back soon.
  wal_receiver_timeout: '2s',
  wal_retrieve_retry_interval: '200ms',
}

async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1')
  await once(server, 'listening')
  const { port } = server.address() as { port: number }
  server.close()
  await once(server, 'close')
  return port
}

function pause(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms))
}
