import { checkDeploy } from '../../server/check-deploy.ts'
import { describeProblems } from '../../server/load-app.ts'
import { exitCodes, type CommandDefinition } from '../command.ts'
import { describeDivergences, keepTheOldCode } from '../divergences.ts'
import { appFileOf } from '../serving.ts'
import { count } from '../words.ts'

export const command: CommandDefinition = {
  summary: 'Before a deploy: mistakes in the app, and living runs that its code no longer fits.',
  options: [['--app <file>', 'the file that exports the app (default: app.ts)']],
  examples: [
    ['tenon check --app src/app.ts', 'with the code as it is now, and the runs in the data folder'],
    ['tenon check --json', 'for a pipeline; the exit code is 1 when anything was found'],
  ],
  async run(input) {
    const { terminal, json, dataFolder } = input
    const { colours } = terminal
    const found = await checkDeploy({ appFile: appFileOf(input), dataFolder })
    const { file, problems, divergences, runs } = found
    const isGood = problems.length === 0 && (divergences ?? []).length === 0
    if (json) terminal.out(JSON.stringify(found))
    else if (problems.length > 0) terminal.out(colours.red(describeProblems(file, problems)))
    else if (divergences === null || runs === 0)
      terminal.out(
        `${colours.green('✓')} ${file} has no mistakes. There are no living runs in ${dataFolder} to try it on.`,
      )
    else if (isGood)
      terminal.out(`${colours.green('✓')} ${file} has no mistakes, and fits all ${count(runs, 'living run')}.`)
    else for (const line of [...describeDivergences(file, divergences), keepTheOldCode]) terminal.out(line)
    return isGood ? exitCodes.good : exitCodes.failed
  },
}
