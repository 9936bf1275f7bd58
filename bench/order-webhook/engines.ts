// How each side of the job is started.
import { existsSync, readdirSync, statSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath, pathToFileURL } from 'node:url'
import { type Folder, freshFolder } from '../measure/folder.ts'
import { javascript } from '../measure/javascript.ts'
import { freePort, type Program, startProgram } from '../measure/process.ts'
import { profileVariable } from '../measure/profile.ts'
import { type StandIn, standInsVariable } from '../measure/stand-ins.ts'

const secret = 'whsec_0123456789abcdefghijklmnopqrstuvwxyz'

export interface Engine {
  readonly program: Program
  /** Of all its nodes, where there are several. */
  readonly origins?: readonly string[]
  /** Where events are posted. */
  readonly path: string
  readonly secret: string
  readonly folder: Folder
  /** Ends it and removes its data. */
  stop(): Promise<void>
}

export type StartEngine = (sinks: readonly string[]) => Promise<Engine>

const preload = (file: string) => ['--import', pathToFileURL(file).href]

/** Only for the job that slows commits down. */
const slowDisk = () => (process.env['BENCH_COMMIT_MS'] === undefined ? [] : preload(javascript('measure/slow-disk.ts')))

function profiling(): string[] {
  const folder = process.env[profileVariable]
  return folder === undefined ? [] : ['--cpu-prof', `--cpu-prof-dir=${folder}`]
}

const path = (relative: string) => fileURLToPath(new URL(relative, import.meta.url))

async function plain(name: string, file: string, sinks: readonly string[]): Promise<Engine> {
  const folder = freshFolder(name)
  const port = await freePort()
  const program = await startProgram({
    args: [...slowDisk(), javascript(`order-webhook/${file}`), String(port), ...sinks, folder.path],
    port,
  })
  return engine(program, folder, '/events', secret)
}

function engine(program: Program, folder: Folder, where: string, secret: string): Engine {
  return {
    program,
    path: where,
    secret,
    folder,
    async stop() {
      await program.stop()
      folder.remove()
    },
  }
}

export const startBare: StartEngine = (sinks) => plain('bare', 'bare.ts', sinks)
export const startPrototype: StartEngine = (sinks) => plain('prototype', 'prototype.ts', sinks)

export interface TenonOptions {
  /** The app's file, from bench/; default is the job's. */
  readonly app?: string
  /** A data folder that exists already, and is kept. */
  readonly folder?: Folder
  /** URL of a PostgreSQL database in place of the data folder. */
  readonly database?: string
}

/** Side C: the product as shipped, by its own command. From its build where there is one, else from its sources. */
export async function startTenon(sinks: readonly string[], options: TenonOptions = {}): Promise<Engine> {
  const folder = options.folder ?? freshFolder('tenon')
  const port = await freePort()
  const [one = '', two = ''] = sinks
  const standIns: readonly StandIn[] = [
    { connector: 'payments', baseUrl: one, credentials: { signingSecret: secret } },
    { connector: 'ledger', baseUrl: one, credentials: { token: 'bench' } },
    { connector: 'carrier', baseUrl: two, credentials: { token: 'bench' } },
  ]
  const program = await startProgram({
    args: [
      ...(isBuilt ? [] : ['--conditions=source']),
      ...profiling(),
      ...preload(path('../../packages/tenon/bin/preload.js')),
      ...preload(javascript('measure/stand-ins.ts')),
      ...slowDisk(),
      isBuilt ? built : path('../../packages/tenon/src/cli/cli.ts'),
      'start',
      '--app',
      javascript(options.app ?? 'order-webhook/app.ts'),
      // Where nodes share a database no simulators start by themselves, and it is their place that the stand-ins take.
      ...(options.database === undefined ? [] : ['--simulate', '--database', options.database]),
    ],
    env: { PORT: String(port), TENON_DATA: folder.path, [standInsVariable]: JSON.stringify(standIns) },
    port,
    ready: '/health',
  })
  return engine(
    program,
    options.folder === undefined ? folder : { ...folder, remove: () => undefined },
    '/hooks/payments',
    secret,
  )
}

const built = path('../../packages/tenon/dist/cli/cli.js')

/** True when there is a build; it is what is measured then. */
export const isBuilt = existsSync(built)

/** Which Tenon is measured, in words. */
export function measuredTenon(): string {
  if (!isBuilt) return 'Tenon from its sources (npm run build makes the package that is published)'
  const source = path('../../packages/tenon/src/')
  const newest = Math.max(
    ...readdirSync(source, { recursive: true, encoding: 'utf8' })
      .filter((name) => name.endsWith('.ts') && !name.endsWith('.test.ts'))
      .map((name) => statSync(join(source, name)).mtimeMs),
  )
  return newest > statSync(built).mtimeMs
    ? 'Tenon from a build OLDER THAN ITS SOURCES: run npm run build first'
    : 'Tenon from its build'
}
