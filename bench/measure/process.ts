// Starts the processes of a measurement and reads what they use, all threads included.
import { execFileSync, fork, spawn, type ChildProcess } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { once } from 'node:events'
import { get } from 'node:http'
import { createServer } from 'node:net'
import { setTimeout as sleep } from 'node:timers/promises'

const running = new Set<ChildProcess>()
process.on('exit', () => {
  for (const child of running) child.kill('SIGKILL')
})
for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => process.exit(130))

function track(child: ChildProcess): ChildProcess {
  running.add(child)
  child.once('exit', () => running.delete(child))
  return child
}

/** A process of ours that speaks by messages; `ask` sends one and resolves with the next answer. */
export interface Helper<Request, Report> {
  readonly first: unknown
  ask(request: Request): Promise<Report>
  stop(): void
}

export async function startHelper<Request extends object, Report>(file: URL): Promise<Helper<Request, Report>> {
  const child = track(fork(file, { serialization: 'advanced', execArgv: ['--conditions=source'] }))
  const [first] = (await once(child, 'message')) as [unknown]
  return {
    first,
    async ask(request) {
      const answer = once(child, 'message')
      child.send(request)
      return ((await answer) as [Report])[0]
    },
    stop: () => child.disconnect(),
  }
}

/** A program under test. */
export interface Program {
  readonly pid: number
  readonly origin: string
  readonly output: () => string
  usage(): Usage
  /** Ends it in good order, by force after 15 s. */
  stop(): Promise<void>
}

export interface Usage {
  /** User and system time of all its threads. */
  readonly cpuS: number
  readonly rssMib: number
  readonly peakRssMib: number
}

export interface ProgramOptions {
  readonly args: readonly string[]
  readonly port: number
  readonly env?: Readonly<Record<string, string>>
  /** Answers 200 there once it is ready. */
  readonly ready?: string
  readonly cwd?: string
}

export async function startProgram(options: ProgramOptions): Promise<Program> {
  const child = track(
    spawn(process.execPath, options.args, {
      stdio: ['ignore', 'pipe', 'pipe'],
      env: { ...process.env, ...options.env },
      ...(options.cwd === undefined ? {} : { cwd: options.cwd }),
    }),
  )
  let output = ''
  // Only the end is kept: a program under load may be talkative.
  const keep = (part: Buffer) => (output = (output + part.toString()).slice(-8_000))
  child.stdout?.on('data', keep)
  child.stderr?.on('data', keep)
  const origin = `http://127.0.0.1:${options.port}`
  const program: Program = {
    pid: child.pid ?? 0,
    origin,
    output: () => output,
    usage: () => usageOf(child.pid ?? 0),
    stop: () => stop(child),
  }
  await untilReady(child, `${origin}${options.ready ?? '/'}`, () => output)
  return program
}

async function untilReady(child: ChildProcess, url: string, output: () => string): Promise<void> {
  for (const began = performance.now(); performance.now() - began < 60_000;) {
    if (child.exitCode !== null || child.signalCode !== null)
      throw new Error(`it ended before it was ready:\n${output()}`)
    if ((await statusOf(url)) === 200) return
    await sleep(5)
  }
  throw new Error(`not ready within 60 s:\n${output()}`)
}

/** Status of a GET, 0 when there is no answer. */
function statusOf(url: string): Promise<number> {
  return new Promise((resolve) => {
    const request = get(url, { agent: false }, (answer) => {
      answer.resume()
      resolve(answer.statusCode ?? 0)
    })
    request.on('error', () => resolve(0))
    request.setTimeout(5_000, () => request.destroy())
  })
}

async function stop(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return
  const ended = once(child, 'exit')
  child.kill('SIGTERM')
  const force = setTimeout(() => child.kill('SIGKILL'), 15_000)
  await ended
  clearTimeout(force)
}

const ticksPerSecond = 100

function usageOf(pid: number): Usage {
  if (process.platform !== 'linux') return usageByPs(pid)
  // The name in parentheses may hold spaces; the fields are counted from behind it (proc_pid_stat(5)).
  const fields = readFileSync(`/proc/${pid}/stat`, 'utf8').split(') ')[1]?.split(' ') ?? []
  const status = readFileSync(`/proc/${pid}/status`, 'utf8')
  const kib = (name: string) => Number(new RegExp(`${name}:\\s+(\\d+)`).exec(status)?.[1] ?? 0)
  return {
    cpuS: (Number(fields[11]) + Number(fields[12])) / ticksPerSecond,
    rssMib: kib('VmRSS') / 1024,
    peakRssMib: kib('VmHWM') / 1024,
  }
}

/** Without /proc the peak is not known: the present size stands for it. */
function usageByPs(pid: number): Usage {
  const [rss = '0', time = '0'] = execFileSync('ps', ['-o', 'rss=,time=', '-p', String(pid)], { encoding: 'utf8' })
    .trim()
    .split(/\s+/)
  const cpuS = time.split(':').reduce((total, part) => total * 60 + Number(part), 0)
  return { cpuS, rssMib: Number(rss) / 1024, peakRssMib: Number(rss) / 1024 }
}

export async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1')
  await once(server, 'listening')
  const { port } = server.address() as { port: number }
  server.close()
  await once(server, 'close')
  return port
}
