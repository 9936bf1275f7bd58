import type { Clock } from '../base/clock.ts'
import { TenonError } from '../base/errors.ts'
import type { App, SimulatorDefinition } from '../definition/app.ts'
import { startSimulator, type RunningSimulator } from '../simulator/simulator.ts'
import type { Log } from '../telemetry/telemetry.ts'
import type { DataFolder } from './data-folder.ts'

export interface SimulatorStart {
  readonly folder: DataFolder
  readonly clock: Clock
  readonly log: Log
}

/** The stand-ins for all connectors that have no connection, each as the last start left it. */
export async function startSimulators(app: App, options: SimulatorStart): Promise<readonly RunningSimulator[]> {
  const connected = new Set((app.options.connections ?? []).map(({ connector }) => connector.name))
  const wanted = (app.options.simulators ?? []).filter(({ connector }) => !connected.has(connector.name))
  const started = await Promise.allSettled(wanted.map((definition) => startOne(definition, options)))
  const running = started.flatMap((result) => (result.status === 'fulfilled' ? [result.value] : []))
  const failed = started.find((result) => result.status === 'rejected')
  if (failed !== undefined) {
    await Promise.all(running.map((simulator) => simulator.close()))
    throw failed.reason
  }
  return running
}

async function startOne(
  definition: SimulatorDefinition,
  { folder, clock, log }: SimulatorStart,
): Promise<RunningSimulator> {
  const { name } = definition.connector
  const account = folder.simulatorAccount(name)
  const options = {
    ...(account === null ? {} : { credentials: account.credentials }),
    persist: folder.simulatorState(name),
    clock,
    // Somebody is watching, and a restart of the app should not cost them minutes.
    redelivery: 'quick' as const,
    log: (message: string) => log.info('simulator.said', { connector: name, message }),
  }
  const simulator = await startSimulator(definition, { ...options, port: account?.port ?? 0 }).catch(
    (error: unknown) => {
      // Another program took its place meanwhile; nothing depends on the number.
      if (!TenonError.is(error, 'PORT_TAKEN')) throw error
      return startSimulator(definition, options)
    },
  )
  folder.keepSimulatorAccount(name, {
    port: Number(new URL(simulator.origin).port),
    credentials: simulator.credentials,
  })
  return simulator
}

/** Lets their webhooks come to us. */
export function subscribeSimulators(
  simulators: readonly RunningSimulator[],
  { url, publicUrl = url }: { readonly url: string; readonly publicUrl?: string | undefined },
  webhooks: readonly { readonly connector: string; readonly path: string }[],
): void {
  for (const simulator of simulators) {
    const webhook = webhooks.find(({ connector }) => connector === simulator.connector)
    if (webhook === undefined) continue
    simulator.subscribe({ url: url + webhook.path, knownAs: publicUrl + webhook.path })
  }
}
