// How each side of the job is started.
import { fileURLToPath } from 'node:url'
import { type Folder, freshFolder } from '../measure/folder.ts'
import { freePort, type Program, startProgram } from '../measure/process.ts'

export const secret = 'whsec_0123456789abcdefghijklmnopqrstuvwxyz'

export interface Engine {
  readonly program: Program
  /** Where events are posted. */
  readonly path: string
  readonly secret: string
  readonly folder: Folder
  /** Ends it and removes its data. */
  stop(): Promise<void>
}

export type StartEngine = (sinks: readonly string[]) => Promise<Engine>

const path = (relative: string) => fileURLToPath(new URL(relative, import.meta.url))

async function plain(name: string, file: string, sinks: readonly string[]): Promise<Engine> {
  const folder = freshFolder(name)
  const port = await freePort()
  const program = await startProgram({ args: [path(file), String(port), ...sinks, folder.path], port })
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

/** Side C: the product, as shipped. From its build where there is one, else from its sources. */
export const startTenon: StartEngine = () => Promise.reject(new Error('not yet'))
