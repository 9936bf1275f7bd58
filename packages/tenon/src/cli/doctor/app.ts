import { messageOf } from '../../base/errors.ts'
import { DataFolder } from '../../server/data-folder.ts'
import { connectToServer } from '../../server/management-client.ts'
import { isPortFree } from '../../server/port-check.ts'
import { startAppProcess } from '../dev/app-process.ts'
import type { ConnectorSummary, LoadSummary } from '../dev/messages.ts'
import { count } from '../words.ts'
import { findingsOf, type Examined, type Finding } from './finding.ts'

const importLimitMs = 10_000
const graceMs = 5_000

/** Whether the app can be imported and what it needs is there; in a process of its own, for that may take for ever. */
export async function examineApp({ appFile }: Examined): Promise<{
  readonly findings: readonly Finding[]
  readonly hosts: readonly string[]
  /** Variables by which it names its databases. */
  readonly databases: readonly string[]
}> {
  const { ok, fail } = findingsOf('app')
  const app = startAppProcess(() => undefined, 'ignore')
  try {
    const order = { appFile, simulate: true, limitMs: importLimitMs }
    const summary = await app.order('load', order, importLimitMs + graceMs)
    return {
      findings: [
        ok(`${summary.file} has no mistakes: ${flowsIn(summary)}`),
        ...summary.connectors.map(connectorFinding),
      ],
      hosts: [...new Set(summary.connectors.flatMap(({ hosts }) => hosts))],
      databases: summary.databases,
    }
  } catch (error) {
    return {
      findings: [fail(messageOf(error), 'Correct it; npx tenon check says the same.')],
      hosts: [],
      databases: [],
    }
  } finally {
    app.kill()
    await app.ended
  }
}

function flowsIn({ flows }: LoadSummary): string {
  return flows.length === 0 ? 'no flows' : `${count(flows.length, 'flow')} (${flows.join(', ')})`
}

function connectorFinding({ name, connections, isSimulated }: ConnectorSummary): Finding {
  const { ok, warn } = findingsOf('app')
  if (connections.length > 0)
    return ok(`${name}: ${connections.length === 1 ? 'connection' : 'connections'} ${connections.join(', ')}`)
  if (isSimulated) return ok(`${name}: no connection; its simulator stands in`)
  return warn(`${name}: no connection, and no simulator`, `Add defineConnection(${name}, …) to the app.`)
}

/** Whether a server works on the folder, else whether one could listen. */
export async function examineServer({ dataFolder, port }: Examined): Promise<readonly Finding[]> {
  const { ok, warn, fail } = findingsOf('server')
  try {
    const { state, version } = (await connectToServer({ dataFolder }).get('/status')) as {
      state: string
      version: string
    }
    const url = new DataFolder(dataFolder).address()?.url
    return [ok(`running at ${url}: ${state}, tenon ${version}`)]
  } catch (error) {
    if ((error as { details?: { reason?: string } }).details?.reason !== 'no-server')
      return [warn(`a server is running, but does not answer: ${messageOf(error)}`, 'Restart it; its runs go on.')]
  }
  if (port === 0) return [ok('none is running')]
  if (await isPortFree('127.0.0.1', port)) return [ok(`none is running; port ${port} is free`)]
  return [
    fail(
      `none is running on this folder, and port ${port} is taken by another program`,
      `PORT=${port + 1} npx tenon start`,
    ),
  ]
}
