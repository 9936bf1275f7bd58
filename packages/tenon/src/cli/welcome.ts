import { relative } from 'node:path'
import type { Clock } from '../base/clock.ts'
import type { Application } from '../server/application.ts'
import { personOf } from './act.ts'
import type { CommandInput } from './command.ts'
import { padEnd, type Terminal } from './terminal.ts'
import { count, shortId } from './words.ts'

/** What has started, and where. */
export async function greet(
  application: Application,
  { terminal, environment }: Pick<CommandInput, 'terminal' | 'environment'>,
): Promise<void> {
  const { colours } = terminal
  const fact = (name: string, value: string): void => terminal.out(`  ${colours.dim(padEnd(name, 11))}${value}`)
  terminal.out('')
  terminal.out(`  ${colours.bold('Tenon')}  ${application.file}`)
  terminal.out('')
  fact('address', application.url)
  fact('console', (await application.server.signInLink(personOf(environment))).url)
  fact('', colours.dim('opens once, within ten minutes; another: npx tenon console'))
  for (const [index, route] of routesOf(application).entries()) {
    const words = route.verification.slice(0, Math.max(20, terminal.columns - 36))
    const how = words.startsWith('unverified') ? colours.yellow(words) : colours.dim(words)
    fact(index === 0 ? 'webhooks' : '', `${padEnd(route.path, 22)}${how}`)
  }
  const simulated = application.simulators.map(({ connector }) => connector)
  if (simulated.length > 0) fact('simulated', `${simulated.join(', ')} ${colours.dim('(no provider is called)')}`)
  if (application.database !== null) fact('database', application.database)
  else fact('data', relative(process.cwd(), application.dataFolder) || '.')
  const there = await application.engine.counts('default')
  const waits = there.waiting + there.ready + there.queued
  if (application.isAfterCrash)
    fact('restart', 'the last process did not end in good order; its runs go on where they were')
  if (waits > 0)
    fact(
      'runs',
      `${count(waits, 'run goes', 'runs go')} on${there.parked > 0 ? `, ${colours.yellow(`${there.parked} need a person`)}` : ''}`,
    )
  else if (there.parked > 0)
    fact('runs', colours.yellow(`${there.parked} need a person: npx tenon runs list --status parked`))
  terminal.out('')
}

/** Each account once, by its shortest path. */
function routesOf({ webhooks }: Application) {
  const seen = new Set<string>()
  return webhooks.filter(({ connector, connection }) => {
    const identity = `${connector}/${connection}`
    if (seen.has(identity)) return false
    seen.add(identity)
    return true
  })
}

/** What keeps samples from being made, and the command lines that end that. */
export function askForAccounts(connectors: readonly string[], { out, colours }: Terminal): void {
  out(colours.dim(`  Samples wait until an account is connected; the stand-in has some. In another terminal:`))
  for (const connector of connectors) {
    out(`    npx tenon connect ${connector}${colours.dim('   prints where to consent')}`)
    out(`    npx tenon simulate ${connector}${colours.dim('  then: what can be made to happen')}`)
  }
  out('')
}

const restMs = 1_500
const longestMs = 8_000

/** When the first runs have come to rest: where to look next. */
export function pointOut(application: Application, terminal: Terminal, clock: Clock): void {
  const begun = clock.now()
  let run = ''
  let cancel: () => void = () => undefined
  const say = (): void => {
    stop()
    const { colours } = terminal
    const simulator = application.simulators.find(({ samples }) => samples.length > 0)
    terminal.out('')
    terminal.out(colours.dim('  These were samples, made by the simulators. In another terminal:'))
    terminal.out(`    npx tenon runs list${colours.dim('                  all runs')}`)
    if (run !== '')
      terminal.out(`    npx tenon runs show ${shortId(run)}${colours.dim('         one of them, step by step')}`)
    if (simulator !== undefined)
      terminal.out(
        `    npx tenon simulate ${simulator.connector}${colours.dim(`${' '.repeat(Math.max(2, 18 - simulator.connector.length))}what can be made to happen`)}`,
      )
    terminal.out('')
  }
  const stop = application.engine.listen((happening) => {
    if ('run' in happening) run = happening.run
    cancel()
    cancel = clock.after(Math.max(0, Math.min(restMs, begun + longestMs - clock.now())), say)
  })
}
