// The process that is ended again and again, and what one can ask of it.
import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { readFileSync } from 'node:fs'
import { get, request } from 'node:http'
import { createServer } from 'node:net'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { fileURLToPath, pathToFileURL } from 'node:url'
import { type StandIn, standInsVariable } from '../../bench/measure/stand-ins.ts'

export interface RunningServer {
  /** Resolves once it takes work; rejects when it ends before, or takes too long. */
  ready(): Promise<void>
  /** SIGKILL. */
  kill(): Promise<void>
  /** SIGSTOP: it does nothing and knows nothing of it, until `resume`. */
  pause(): void
  resume(): void
  hasEnded(): boolean
  /** SIGTERM; resolves when it has ended in good order. */
  terminate(): Promise<void>
  /** True when it ended by itself within that time. */
  endsWithin(ms: number): Promise<boolean>
  /** How it ended when nobody ended it, `null` otherwise. */
  collapse(): string | null
  api(method: 'GET' | 'POST', path: string, body?: object): Promise<unknown>
}

export interface ServerSetting {
  readonly folder: string
  readonly port: number
  readonly origin: string
  readonly token: string
  readonly secrets: Readonly<Record<string, string>>
}

/** Of the repository in that folder. */
function commandLineOf(repository: string): readonly string[] {
  const preloads = [
    'packages/tenon/bin/preload.js',
    'bench/measure/stand-ins.ts',
    'tests/chaos/failpoints.ts',
    'tests/chaos/cluster/clock.ts',
  ]
  return [
    '--conditions=source',
    ...preloads.flatMap((file) => ['--import', pathToFileURL(join(repository, file)).href]),
    join(repository, 'packages/tenon/src/cli/cli.ts'),
    'start',
    '--simulate',
    '--app',
    join(repository, 'tests/chaos/app.ts'),
  ]
}

const longestStartMs = 90_000
const longestDrainMs = 60_000

const ownRepository = fileURLToPath(new URL('../..', import.meta.url))

export function serverIn(setting: ServerSetting): {
  /** `repository`: where another version of the packages is. */
  start(env: Readonly<Record<string, string>>, repository?: string): RunningServer
  kill(): void
} {
  let last: ChildProcess | null = null
  const standIns = JSON.stringify(
    Object.entries(setting.secrets).map(([connector, signingSecret]): StandIn => ({
      connector,
      baseUrl: setting.origin,
      credentials: { token: setting.token, signingSecret },
    })),
  )
  return {
    start(env, repository = ownRepository) {
      last = spawn(process.execPath, commandLineOf(repository), {
        stdio: ['ignore', 'pipe', 'pipe'],
        env: {
          ...process.env,
          PORT: String(setting.port),
          TENON_DATA: setting.folder,
          [standInsVariable]: standIns,
          ...env,
        },
      })
      return running(last, setting)
    },
    kill: () => void last?.kill('SIGKILL'),
  }
}

function running(child: ChildProcess, { folder, port }: ServerSetting): RunningServer {
  let output = ''
  const keep = (part: Buffer) => {
    output = (output + part.toString()).slice(-20_000)
  }
  child.stdout?.on('data', keep)
  child.stderr?.on('data', keep)
  let isTerminated = false
  const hasEnded = () => child.exitCode !== null || child.signalCode !== null
  const origin = `http://127.0.0.1:${port}`
  const ended = async (ms: number): Promise<boolean> => {
    // Closed: its last words have come, too.
    if (!hasEnded()) await Promise.race([once(child, 'close'), sleep(ms)])
    return hasEnded()
  }
  return {
    async ready() {
      for (const began = performance.now(); performance.now() - began < longestStartMs; await sleep(10)) {
        if (hasEnded())
          throw new Error(`the server ended before it was ready (${child.exitCode ?? child.signalCode}):\n${output}`)
        if ((await statusOf(`${origin}/health`)) === 200) return
      }
      throw new Error(`the server was not ready within ${longestStartMs / 1000} s:\n${output}`)
    },
    async kill() {
      child.kill('SIGKILL')
      await ended(5_000)
    },
    pause: () => void child.kill('SIGSTOP'),
    resume: () => void child.kill('SIGCONT'),
    hasEnded,
    async terminate() {
      isTerminated = true
      child.kill('SIGTERM')
      if (!(await ended(longestDrainMs)))
        throw new Error(`the server did not end within ${longestDrainMs / 1000} s of SIGTERM:\n${output}`)
      if (child.exitCode !== 0)
        throw new Error(`the server ended with ${child.exitCode ?? child.signalCode} after SIGTERM:\n${output}`)
    },
    endsWithin: ended,
    collapse() {
      const isMeant = child.signalCode === 'SIGKILL' || (isTerminated && child.exitCode === 0) || !hasEnded()
      return isMeant
        ? null
        : `the server ended by itself (${child.exitCode ?? child.signalCode}), its last words:\n${output.trimEnd()}`
    },
    async api(method, where, body) {
      const token = readFileSync(join(folder, 'operator-token'), 'utf8').trim()
      const { status, text } = await exchange(method, `${origin}/api/v1${where}`, token, body).catch(
        async (error: unknown) => {
          const state = (await ended(1_000))
            ? `the server has ended (${child.exitCode ?? child.signalCode})`
            : 'the server still runs'
          throw new Error(`${method} ${where} failed; ${state}, its last words:\n${output}`, { cause: error })
        },
      )
      if (status >= 300) throw new Error(`${method} ${where} answered ${status}: ${text}`)
      return JSON.parse(text) as unknown
    },
  }
}

/** A connection of its own each time: one that is kept alive would be that of an ended process. */
function exchange(
  method: string,
  url: string,
  token: string,
  body: object | undefined,
): Promise<{ status: number; text: string }> {
  return new Promise((resolve, reject) => {
    const headers = {
      authorization: `Bearer ${token}`,
      ...(body !== undefined && { 'content-type': 'application/json' }),
    }
    const sending = request(url, { method, headers, agent: false }, (answer) => {
      let text = ''
      answer.setEncoding('utf8')
      answer.on('data', (part: string) => (text += part))
      answer.on('error', reject)
      answer.on('end', () => resolve({ status: answer.statusCode ?? 0, text }))
    })
    sending.setTimeout(20_000, () => sending.destroy(new Error(`${method} ${url} was not answered within 20 s`)))
    sending.on('error', reject)
    sending.end(body === undefined ? undefined : JSON.stringify(body))
  })
}

function statusOf(url: string): Promise<number> {
  return new Promise((resolve) => {
    const request = get(url, { agent: false }, (answer) => {
      answer.resume()
      resolve(answer.statusCode ?? 0)
    })
    request.setTimeout(2_000, () => request.destroy())
    request.on('error', () => resolve(0))
  })
}

export async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1')
  await once(server, 'listening')
  const { port } = server.address() as { port: number }
  server.close()
  await once(server, 'close')
  return port
}
