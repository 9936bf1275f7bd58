import { messageOf, TenonError } from '../../base/errors.ts'
import { resolveFromApp } from '../../connection/from-app.ts'
import type { Connector, ConnectionReference } from '../../definition/connector.ts'
import { startLoaded, type Application } from '../../server/application.ts'
import { checkAgainstServer } from '../../server/check-deploy.ts'
import { loadApp, requireSound, type LoadedApp } from '../../server/load-app.ts'
import { present, showSamples } from '../present.ts'
import { openProcessLog } from '../process-log.ts'
import { createTerminal } from '../terminal.ts'
import type { LoadSummary, Order, OrderName, Orders, Outcomes, Problem, Reply } from './messages.ts'
import { createStandstillWatch } from './standstill.ts'

const orphanDrainMs = 5_000

/** Does what the parent process orders, until it is told to drain or the parent is gone. */
export function answerOrders(): void {
  const host = createHost()
  // The parent decides; a terminal's Ctrl-C reaches both.
  for (const signal of ['SIGINT', 'SIGTERM'] as const) process.on(signal, () => undefined)
  process.on('message', ({ name, number, order }: Order) => {
    void host[name](order as never).then(
      (result) => reply({ said: 'done', number, result }),
      (error: unknown) => reply({ said: 'failed', number, problem: problemOf(error) }),
    )
  })
  process.on('disconnect', () => {
    void host.drain({ limitMs: orphanDrainMs }).finally(() => process.exit())
  })
  // What the first load and start will need is there before they are asked for.
  void import('../../server/server.ts')
  void import('../../client/client.ts')
  void import('../../journal/sqlite.ts')
}

type Host = { readonly [Name in OrderName]: (order: Orders[Name]) => Promise<Outcomes[Name]> }

function createHost(): Host {
  const standstill = createStandstillWatch()
  let loaded: LoadedApp | null = null
  let application: Application | null = null
  const terminal = createTerminal(process.stdout, process.stderr, process.env)
  let endPresentation = (): void => undefined
  const requireLoaded = (): LoadedApp => {
    if (loaded === null) throw new TenonError('INTERNAL', 'nothing was loaded')
    return loaded
  }

  return {
    async load({ appFile, simulate, limitMs }) {
      using _watch = standstill.begin(limitMs)
      loaded = await loadApp(appFile, { simulate })
      requireSound(loaded)
      // What a start would stumble over is found while the old code still works.
      resolveFromApp(loaded.app, process.env)
      return summaryOf(loaded)
    },
    compare: async ({ dataFolder }) => checkAgainstServer(requireLoaded().app, dataFolder),
    async start({ dataFolder, front, ...presenting }) {
      const { log, redactor } = openProcessLog(process.env, process.stderr)
      const { file } = requireLoaded()
      application = await startLoaded(requireLoaded(), {
        appFile: file,
        dataFolder,
        port: 0,
        front,
        environment: process.env,
        log,
        redactor,
      })
      endPresentation = await present(application, { ...presenting, terminal, environment: process.env })
      const { waiting, ready, queued } = await application.engine.counts('default')
      return { port: application.server.port, waiting: waiting + ready + queued }
    },
    async showSamples({ json }) {
      if (application !== null) await showSamples(application, { terminal, json })
    },
    async drain({ limitMs }) {
      endPresentation()
      return (await application?.drain(limitMs)) ?? { interrupted: 0, waiting: 0, ready: 0 }
    },
  }
}

function nameOf(used: unknown): string {
  const one = used as Connector | ConnectionReference
  return one.kind === 'connection-reference' ? one.connector.name : one.name
}

function summaryOf({ app, file }: LoadedApp): LoadSummary {
  const { flows, connections = [], simulators = [] } = app.options
  const used = flows.flatMap(({ options }) => Object.values(options.uses ?? {}).map(nameOf))
  const known = new Set([...used, ...connections.map(({ connector }) => connector.name)])
  return {
    file,
    flows: flows.map(({ name }) => name),
    databases: (app.options.database?.urls ?? []).map(({ variable }) => variable),
    connectors: [...known].toSorted().map((name) => {
      const own = connections.filter(({ connector }) => connector.name === name)
      return {
        name,
        connections: own.map((connection) => connection.name),
        isSimulated: own.length === 0 && simulators.some(({ connector }) => connector.name === name),
        hosts: own.map(({ baseUrl, connector }) => new URL(baseUrl ?? connector.options.baseUrl).origin),
      }
    }),
  }
}

function reply(message: Reply): void {
  if (process.connected) process.send?.(message)
}

function problemOf(error: unknown): Problem {
  if (!TenonError.is(error))
    return {
      code: 'INTERNAL',
      message: error instanceof Error ? (error.stack ?? error.message) : messageOf(error),
      place: null,
    }
  const { place } = error.details
  return { code: error.code, message: error.message, place: typeof place === 'string' ? place : null }
}
