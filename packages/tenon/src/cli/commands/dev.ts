import { durationMs } from '../../base/duration.ts'
import { messageOf } from '../../base/errors.ts'
import { personOf, requestSignInLink } from '../act.ts'
import { exitCodes, textOption, type CommandDefinition, type CommandInput } from '../command.ts'
import { DevLoop } from '../dev/dev-loop.ts'
import { listenToKeys } from '../dev/keys.ts'
import { createJsonReport, TerminalReport, type Report } from '../dev/report.ts'
import { systemClock } from '../../base/clock.ts'
import { servingOf, servingOptions } from '../serving.ts'

export const command: CommandDefinition = {
  summary: 'Start the app and reload it whenever its code changes; runs that wait go on.',
  options: [
    ...servingOptions,
    ['--no-types', 'do not check types'],
    ['--import-limit <duration>', 'how long the app may take to be imported (default: 10s)'],
  ],
  examples: [
    ['tenon dev', 'with app.ts, on port 4400'],
    ['tenon dev --app src/app.ts --no-samples', 'another file, and no sample events'],
    ['tenon dev --json', 'for an editor: one JSON object per line'],
  ],
  async run(input) {
    const { terminal, dataFolder, json } = input
    const importLimitMs = durationMs(textOption(input, 'importLimit') ?? '10s', '--import-limit')
    const report = json ? createJsonReport(terminal) : new TerminalReport(terminal, systemClock)
    const options = { ...servingOf(input), dataFolder, json, importLimitMs, types: input.options['types'] !== false }
    const loop = await DevLoop.start(options, report)
    const ended = untilAsked(loop, input, report)
    try {
      await Promise.race([ended, loop.begin().then(() => ended)])
    } catch (error) {
      await loop.stop()
      throw error
    }
    report.stopped(await loop.stop())
    return exitCodes.good
  },
}

const forcedAfterMs = 1_500

/** Resolves when a signal or a key asks to stop; asked again a while later, it stops at once. */
function untilAsked(loop: DevLoop, input: CommandInput, report: Report): Promise<void> {
  return new Promise((resolve) => {
    let firstAt: number | null = null
    const stop = (): void => {
      const now = systemClock.now()
      if (firstAt === null) {
        firstAt = now
        giveKeysBack()
        resolve()
      } else if (now - firstAt > forcedAfterMs) {
        loop.kill()
        process.exit(130)
      }
    }
    const giveKeysBack = input.json ? () => undefined : listenToKeys(process.stdin, (key) => void act(key))
    const act = async (key: string): Promise<void> => {
      if (key === 'q' || key === '\u0003' || key === '\u0004') stop()
      if (key === 'r') await loop.reload('asked for')
      if (key === 'o') report.note(await consoleLink(input))
    }
    for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(signal, stop)
  })
}

/** Of the server that this command started, whichever one the environment names. */
async function consoleLink({ dataFolder, environment }: CommandInput): Promise<string> {
  try {
    const { url } = await requestSignInLink({ dataFolder }, personOf(environment))
    return `console: ${url}`
  } catch (error) {
    return `There is no link to the console: ${messageOf(error)}`
  }
}
