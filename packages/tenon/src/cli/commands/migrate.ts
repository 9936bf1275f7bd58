import { systemClock } from '../../base/clock.ts'
import { messageOf } from '../../base/errors.ts'
import { DataFolder } from '../../server/data-folder.ts'
import { openAtRest, type Place, type PlaceAtRest } from '../../server/durable.ts'
import { refuseOneOfSeveral } from '../../server/several-databases.ts'
import { exitCodes, type CommandDefinition, type CommandInput } from '../command.ts'
import { checkMasterKey } from '../migrate/master-key.ts'
import { measure } from '../migrate/measure.ts'
import { move, takeBack } from '../migrate/move.ts'
import { obstaclesOf } from '../migrate/obstacles.ts'
import { namedPlace } from '../migrate/place.ts'
import { comparison, nextSteps, progressWords } from '../migrate/report.ts'

const progressEveryMs = 1000

export const command: CommandDefinition = {
  summary: 'Move everything from a data folder to a database, or back: runs that wait, too.',
  options: [
    ['--from <place>', 'where it is: a data folder, a postgres:// URL, or env:NAME for a variable with the URL'],
    ['--to <place>', 'where it shall be: nothing may be there yet'],
    ['--dry-run', 'say what would move and what stands in the way; change nothing'],
    ['--take-back', 'let the source be used again, as long as nobody has worked at the target'],
  ],
  examples: [
    ['tenon migrate --from .tenon --to env:TENON_DATABASE --dry-run', 'look first'],
    ['tenon migrate --from .tenon --to env:TENON_DATABASE', 'also goes on with a move that was cut off'],
    ['tenon migrate --from env:TENON_DATABASE --to /var/lib/tenon', 'back to one machine'],
    ['tenon migrate --from .tenon --to env:TENON_DATABASE --take-back', 'as if it had not been'],
  ],
  async run(input) {
    const [from, to] = [namedPlace(input, 'from'), namedPlace(input, 'to')]
    for (const { database } of [from, to]) if (database !== null) await refuseOneOfSeveral(database)
    const [source, target] = [await openAtRest(from), await openAtRest(to)]
    try {
      if (input.options['takeBack'] === true) return await back(input, source, target)
      const ends = { from, to, source, target }
      return await (input.options['dryRun'] === true ? look(input, ends) : go(input, ends))
    } finally {
      for (const { journal, store } of [source, target]) {
        await store.close()
        await journal.close()
      }
    }
  },
}

interface Ends {
  readonly from: Place
  readonly to: Place
  readonly source: PlaceAtRest
  readonly target: PlaceAtRest
}

async function go({ terminal, json, environment }: CommandInput, { from, to, source, target }: Ends): Promise<number> {
  const masterKey = await checkMasterKey(source, { from, to }, environment)
  const found = await move({
    source,
    target,
    now: systemClock.now,
    onClear: () => {
      if (to.database === null) new DataFolder(to.folder).open()
    },
    onProgress: json ? () => undefined : progress(terminal.err),
  })
  const moved = { from: source.journal.name, to: target.journal.name, isToDatabase: to.database !== null, masterKey }
  terminal.out(
    json
      ? JSON.stringify({ moved: true, ...moved, ...found })
      : [
          `Moved from ${moved.from} to ${moved.to}. Both hold the same:`,
          ...comparison(found.source, found.target),
          ...nextSteps(moved),
        ].join('\n'),
  )
  return exitCodes.good
}

async function look(
  { terminal, json, environment }: CommandInput,
  { from, to, source, target }: Ends,
): Promise<number> {
  const problems = (await obstaclesOf(source, target)).map(messageOf)
  // Who works there would be disturbed by more questions.
  const isAtRest = (await source.journal.holder()) === null
  const masterKey = isAtRest
    ? await checkMasterKey(source, { from, to }, environment).catch(
        (error: unknown) => void problems.push(messageOf(error)),
      )
    : null
  const found = isAtRest ? await measure(source, () => undefined) : null
  if (json) terminal.out(JSON.stringify({ dryRun: true, source: found, masterKey: masterKey ?? null, problems }))
  else {
    if (found !== null)
      terminal.out(
        [`This would move from ${source.journal.name} to ${target.journal.name}:`, ...comparison(found, null)].join(
          '\n',
        ),
      )
    for (const problem of problems) terminal.err(terminal.colours.red(problem))
    if (problems.length === 0) terminal.out('Nothing stands in the way. Nothing was changed.')
  }
  return problems.length === 0 ? exitCodes.good : exitCodes.failed
}

async function back({ terminal, json }: CommandInput, source: PlaceAtRest, target: PlaceAtRest): Promise<number> {
  await takeBack({ source, target, now: systemClock.now })
  terminal.out(
    json
      ? JSON.stringify({ takenBack: true })
      : `${source.journal.name} can be used again. What is in ${target.journal.name} is of no use any more: delete it.`,
  )
  return exitCodes.good
}

function progress(tell: (text: string) => void): (phase: string, rows: number) => void {
  let [shown, phaseNow, began] = [0, '', performance.now()]
  return (phase, rows) => {
    const now = performance.now()
    if (phase !== phaseNow) [phaseNow, began] = [phase, now]
    if (now - shown < progressEveryMs) return
    shown = now
    tell(progressWords(phase, rows, now - began))
  }
}
