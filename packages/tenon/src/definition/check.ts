import { durationMs } from '../base/duration.ts'
import type { App, Connection } from './app.ts'
import { referredConnectors } from './app-connectors.ts'
import { checkConnect } from './check-connect.ts'
import { checkConnector } from './check-connector.ts'
import { checkFlow } from './check-flow.ts'
import { checkAppPolicies, checkPolicies } from './check-policies.ts'
import type { Connector } from './connector.ts'
import type { Flow } from './flow.ts'
import { checkCount, checkDuration, checkName, isObject, shown, type AppProblem, type Report } from './problem.ts'

/** Every mistake that can be seen without running anything; an app with one is refused at start. */
export function checkApp(app: App): readonly AppProblem[] {
  const problems: AppProblem[] = []
  const about =
    (where: string): Report =>
    (message, remedy) => {
      if (!problems.some((known) => known.where === where && known.message === message))
        problems.push({ where, message, remedy })
    }
  const { options } = app
  if (options.name !== undefined && (typeof options.name !== 'string' || options.name.trim() === ''))
    about('app')(`name is ${shown(options.name)}`, 'Write how people know the app, or leave it out.')
  checkCount(about('app'), 'runsInProgress', options.runsInProgress)
  checkDuration(about('app'), 'retention', options.retention)
  checkDatabase(options.database, about('database'))
  const flows = definitions<Flow>(options.flows, 'flow', 'flows', about('app'))
  const connections = definitions<Connection>(options.connections ?? [], 'connection', 'connections', about('app'))
  for (const flow of flows) checkFlow(flow, about(`flow ${flow.name}`))
  checkRepeated(flows, about)
  checkConnections(connections, about)
  const connectors = distinctConnectors(flows, connections, about)
  for (const connector of connectors) checkConnector(connector, about(`connector ${connector.name}`))
  checkAppPolicies(options.policies, connectors, about('app'))
  checkConnect(options.connect, about('connect'))
  checkReachable(app, flows, connections, about)
  return problems
}

type About = (where: string) => Report

/** The members of a list that are what they should be; the others are reported. */
function definitions<T>(list: readonly unknown[], kind: string, field: string, report: Report): T[] {
  if (!Array.isArray(list)) {
    report(`${field} is ${shown(list)}`, `Write a list: ${field}: [ … ].`)
    return []
  }
  return list.filter((member, index): member is T => {
    if (
      isObject(member) &&
      member['kind'] === kind &&
      isObject(member[kind === 'connection' ? 'connector' : 'options'])
    )
      return true
    report(
      `${field}[${index}] is ${shown(member)}, not a ${kind}`,
      `Give it what define${kind[0]?.toUpperCase()}${kind.slice(1)} made; check the import.`,
    )
    return false
  })
}

function checkDatabase(database: unknown, report: Report): void {
  if (database === undefined) return
  const urls: unknown = isObject(database) && database['kind'] === 'postgres' ? database['urls'] : null
  if (!Array.isArray(urls) || urls.length === 0 || !urls.every(isFromEnvironment))
    report('it is not what postgres() makes of fromEnvironment()', "Write postgres(fromEnvironment('DATABASE_URL')).")
  else if (!isLease((database as { lease?: unknown }).lease))
    report('its lease is not a time from 1s to 5m', "Write postgres(url, { lease: '10s' }).")
}

function isFromEnvironment(url: unknown): boolean {
  return isObject(url) && url['kind'] === 'from-environment'
}

function isLease(lease: unknown): boolean {
  try {
    const ms = durationMs((lease ?? '10s') as string)
    return ms >= 1000 && ms <= 300_000
  } catch {
    return false
  }
}

function checkRepeated(flows: readonly Flow[], about: About): void {
  const seen = new Set<string>()
  for (const flow of flows) {
    const identity = `${flow.name}@${flow.version}`
    if (seen.has(identity)) {
      about(`flow ${flow.name}`)(
        `version ${flow.version} is defined twice`,
        'Give one of the two another name; for a changed flow beside the old one raise version.',
      )
    }
    seen.add(identity)
  }
}

function checkConnections(connections: readonly Connection[], about: About): void {
  const seen = new Set<string>()
  for (const connection of connections) {
    const identity = `${connection.connector.name}/${connection.name}`
    const report = about(`connection ${identity}`)
    checkName(report, 'name', connection.name)
    if (seen.has(identity))
      report('it is defined twice', 'Give one of the two another name, and use it by connector.connection(name).')
    seen.add(identity)
    if (connection.baseUrl !== undefined && !URL.canParse(connection.baseUrl)) {
      report(
        `baseUrl is ${shown(connection.baseUrl)}, which is not a URL`,
        "Write it whole, such as baseUrl: 'https://api.example.com'.",
      )
    }
    checkPolicies(connection.policies, 'policies', connection.connector.options, report)
    for (const [field, source] of Object.entries(connection.credentials ?? {})) {
      if (isObject(source) && source['kind'] === 'from-environment') continue
      report(
        `credentials.${field} is not taken from the environment`,
        `Write credentials: { ${field}: fromEnvironment('NAME') }; a secret never stands in code.`,
      )
    }
  }
}

/** Each connector once. Two different ones under one name could not be told apart in routes and in the journal. */
function distinctConnectors(flows: readonly Flow[], connections: readonly Connection[], about: About): Connector[] {
  const byName = new Map<string, Connector>()
  for (const connector of [...flows.flatMap(referredConnectors), ...connections.map(({ connector }) => connector)]) {
    const known = byName.get(connector.name)
    if (known !== undefined && known !== connector && known.options !== connector.options) {
      about(`connector ${connector.name}`)('two different connectors have this name', 'Give one of them another name.')
    }
    byName.set(connector.name, known ?? connector)
  }
  return [...byName.values()]
}

/** Every connector that a flow needs must have an account, or a simulator in place of one. */
function checkReachable(app: App, flows: readonly Flow[], connections: readonly Connection[], about: About): void {
  // Accounts come while it runs: which there will be is not known now.
  if (app.options.connect !== undefined) return
  const simulated = new Set((app.options.simulators ?? []).map(({ connector }) => connector.name))
  const accounts = new Map<string, string[]>()
  for (const { connector, name } of connections)
    accounts.set(connector.name, [...(accounts.get(connector.name) ?? []), name])
  for (const flow of flows) {
    const report = about(`flow ${flow.name}`)
    for (const connector of referredConnectors(flow)) {
      if (accounts.has(connector.name) || simulated.has(connector.name)) continue
      report(
        `there is no connection for ${connector.name}`,
        `Add defineConnection(${connector.name}, { credentials: { … } }) to connections of the app, or its simulator to simulators; if accounts are connected while it runs, connect: {}.`,
      )
    }
    checkReferences(flow, accounts, report)
  }
}

function checkReferences(flow: Flow, accounts: ReadonlyMap<string, readonly string[]>, report: Report): void {
  for (const [alias, used] of Object.entries((flow.options.uses ?? {}) as Record<string, unknown>)) {
    if (!isObject(used) || used['kind'] !== 'connection-reference') continue
    const { connector, name } = used as unknown as { connector: Connector; name: string }
    const names = accounts.get(connector.name)
    if (names === undefined || names.includes(name)) continue
    report(
      `uses.${alias}: ${connector.name} has no connection named ${shown(name)}`,
      `It has ${names.join(', ')}; add another by defineConnection(${connector.name}, { name: ${shown(name)}, … }).`,
    )
  }
}
