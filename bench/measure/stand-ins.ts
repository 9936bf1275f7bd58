// Loaded before the server (`--import`): in place of the app's simulators come stand-ins of other processes, which outlive it and cost it nothing.
// All else of the server stays as it is; a stand-in is reached as a simulator is, over its exact origin.
import { registerHooks } from 'node:module'

export interface StandIn {
  readonly connector: string
  readonly baseUrl: string
  readonly credentials: Readonly<Record<string, string>>
}

/** Name of the environment variable that lists them as JSON. */
export const standInsVariable = 'TENON_STAND_INS'

const listed = JSON.parse(process.env[standInsVariable] ?? '[]') as readonly StandIn[]

/**
 * What the server's own module of that name exports.
 * @public
 */
export async function startSimulators(): Promise<readonly object[]> {
  return listed.map((standIn) => ({ ...standIn, samples: [], close: () => Promise.resolve() }))
}

/** @public */
export function subscribeSimulators(): void {}

if (listed.length > 0) {
  registerHooks({
    resolve(specifier, context, next) {
      const isServers =
        /^\.\/simulators\.[jt]s$/.test(specifier) &&
        /\/server\/(?:application|outward)\.[jt]s$/.test(context.parentURL ?? '')
      return isServers ? { url: import.meta.url, shortCircuit: true } : next(specifier, context)
    },
  })
}
