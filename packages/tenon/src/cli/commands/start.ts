import { systemClock } from '../../base/clock.ts'
import { messageOf, TenonError } from '../../base/errors.ts'
import type { Application } from '../../server/application.ts'
import { makeSamples, startApplication } from '../../server/application.ts'
import { exitCodes, textOption, type CommandDefinition, type CommandInput } from '../command.ts'
import { drainOnSignal } from '../drain-on-signal.ts'
import { createNarrator } from '../narrator.ts'
import { openProcessLog } from '../process-log.ts'
import { greet, pointOut } from '../welcome.ts'

const usualPort = 4400
const drainLimitMs = 10_000

export const command: CommandDefinition = {
  summary: 'Start the app: take its webhooks, run its flows.',
  options: [
    ['--app <file>', 'the file that exports the app (default: app.ts)'],
    ['--port <number>', 'port on 127.0.0.1 (default: PORT, else 4400)'],
    ['--simulate', 'let simulators stand in for missing connections (default)'],
    ['--no-simulate', 'refuse to start when a connection is missing'],
    ['--no-samples', 'make no sample events at the first start'],
    ['--quiet', 'do not tell what happens to the runs'],
  ],
  examples: [
    ['tenon start --app src/app.ts', 'on port 4400, with its data in .tenon'],
    ['PORT=8080 TENON_DATA=/var/lib/tenon tenon start', 'elsewhere'],
    ['tenon start --no-simulate', 'with real accounts only'],
  ],
  async run(input) {
    const { terminal, environment, dataFolder } = input
    const { log, redactor } = openProcessLog(environment, process.stderr)
    const starting = startApplication({
      appFile: textOption(input, 'app') ?? 'app.ts',
      dataFolder,
      port: portOf(input),
      environment,
      simulate: input.options['simulate'] !== false,
      log,
      redactor,
    })
    const ended = drainOnSignal(starting, { terminal: input.json ? null : terminal, limitMs: drainLimitMs })
    const application = await starting
    const narrator = createNarrator(terminal, systemClock)
    const isTold = input.options['quiet'] !== true && !input.json
    if (isTold) application.engine.listen(narrator.hear, narrator.wants)
    if (input.json)
      terminal.out(JSON.stringify({ url: application.url, data: application.dataFolder, pid: process.pid }))
    else await greet(application, input)
    if (application.isFirstStart && input.options['samples'] !== false) await showSamples(application, input)
    await ended
    narrator.stop()
    return exitCodes.good
  },
}

async function showSamples(application: Application, { terminal, json }: CommandInput): Promise<void> {
  try {
    const made = await makeSamples(application)
    if (made > 0 && !json) pointOut(application, terminal, systemClock)
  } catch (error) {
    // The samples are a courtesy; the server works without them.
    terminal.err(`The samples could not be made: ${messageOf(error)}`)
  }
}

function portOf(input: CommandInput): number {
  const text = textOption(input, 'port') ?? input.environment['PORT']
  if (text === undefined || text === '') return usualPort
  const port = Number(text)
  if (Number.isInteger(port) && port >= 0 && port <= 65_535) return port
  throw new TenonError(
    'INPUT_INVALID',
    `The port ${JSON.stringify(text)} is not a whole number from 0 to 65535. Set PORT or --port to one.`,
  )
}
