import { startApplication } from '../../server/application.ts'
import { databaseOf, databaseOption } from '../database.ts'
import type { CommandDefinition } from '../command.ts'
import { drainOnSignal } from '../drain-on-signal.ts'
import { present, showSamples } from '../present.ts'
import { openProcessLog } from '../process-log.ts'
import { servingOf, servingOptions } from '../serving.ts'

const drainLimitMs = 10_000

export const command: CommandDefinition = {
  summary: 'Start the app: take its webhooks, run its flows.',
  options: [
    ...servingOptions,
    databaseOption,
    ['--host <address>', 'address to listen on (default: TENON_HOST, else 127.0.0.1, which only this machine reaches)'],
  ],
  examples: [
    ['tenon start --app src/app.ts', 'on port 4400, with its data in .tenon'],
    ['PORT=8080 TENON_DATA=/var/lib/tenon tenon start', 'elsewhere'],
    ['TENON_URL=https://tenon.example.com tenon start --host 0.0.0.0', 'behind a proxy on another machine'],
    ['TENON_DATABASE=postgres://… tenon start', 'as one of the nodes that share a database'],
    ['tenon start --no-simulate', 'with real accounts only'],
  ],
  async run(input) {
    const { terminal, environment, dataFolder, json } = input
    const serving = servingOf(input)
    const { log, redactor } = openProcessLog(environment, process.stderr)
    const starting = startApplication({ ...serving, ...databaseOf(input), dataFolder, environment, log, redactor })
    const ended = drainOnSignal(starting, { terminal: json ? null : terminal, limitMs: drainLimitMs })
    const application = await starting
    const endPresentation = await present(application, { ...serving, terminal, environment, json, greets: true })
    if (serving.samples) await showSamples(application, { terminal, json })
    const code = await ended
    endPresentation()
    // All is closed. What the app left running, or a policy that would ask its upstream again, must not keep the process.
    await new Promise<void>((written) => process.stdout.write('', () => written()))
    process.exit(code)
  },
}
