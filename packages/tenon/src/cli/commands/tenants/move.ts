import { sleep, systemClock } from '../../../base/clock.ts'
import { TenonError } from '../../../base/errors.ts'
import { connectToServer } from '../../../server/management-client.ts'
import type { MoveView } from '../../../server/tenants/tenants.ts'
import { exitCodes, textOption, type CommandDefinition, type CommandInput } from '../../command.ts'
import { count, length } from '../../words.ts'

const lookEveryMs = 500

export const command: CommandDefinition = {
  summary: 'Move a tenant with all it has to another database, while all others work on.',
  arguments: [['<tenant>', 'its name']],
  options: [
    ['--to <database>', 'as `tenon tenants list` names it'],
    ['--dry-run', 'say what stands in the way; change nothing'],
    ['--no-wait', 'do not wait for the end: the nodes go on with it by themselves'],
    ['--cancel', 'leave it where it is, as long as it has not arrived'],
  ],
  examples: [
    ['tenon tenants move acme --to south.db.example:5432/tenon --dry-run', 'look first'],
    [
      'tenon tenants move acme --to south.db.example:5432/tenon',
      'ends when it lives there; also shows one that is under way',
    ],
    ['tenon tenants move acme --cancel', 'as if it had not been'],
  ],
  async run(input) {
    const tenant = input.arguments[0] ?? ''
    const path = `/tenants/${encodeURIComponent(tenant)}/move`
    const server = connectToServer(input)
    if (input.options['cancel'] === true) {
      await server.send('DELETE', path)
      return follow(input, path)
    }
    const database = textOption(input, 'to') ?? ''
    if (database === '') throw new TenonError('INPUT_INVALID', '--to is missing: the database that it shall live on.')
    if (input.options['dryRun'] === true) return look(input, path, database)
    const before = await server.get(path).catch(() => null)
    const isUnderWay = before !== null && before['target'] === database && !isEnd(before as unknown as MoveView)
    if (!isUnderWay) await server.send('POST', path, { database })
    if (input.options['wait'] === false) {
      input.terminal.out(
        input.json ? JSON.stringify(await server.get(path)) : `${tenant} is on its way to ${database}.`,
      )
      return exitCodes.good
    }
    return follow(input, path)
  },
}

async function look(input: CommandInput, path: string, database: string): Promise<number> {
  const { terminal, json } = input
  const answer = await connectToServer(input).get(`${path}-obstacle?database=${encodeURIComponent(database)}`)
  const obstacle = answer['obstacle'] as string | null
  if (json) terminal.out(JSON.stringify({ dryRun: true, obstacle }))
  else if (obstacle === null) terminal.out('Nothing stands in the way. Nothing was changed.')
  else terminal.err(terminal.colours.red(obstacle))
  return obstacle === null ? exitCodes.good : exitCodes.failed
}

const meanings: Readonly<Record<MoveView['state'], string>> = {
  copying: 'copying while it works',
  resting: 'its runs leave memory',
  closed: 'nothing is written for it: comparing, and copying the rest',
  switched: 'it lives there; clearing the old place',
  cancelling: 'taking it back',
  done: 'done',
  cancelled: 'taken back',
}

/** Shows how far it is until it ends. */
async function follow(input: CommandInput, path: string): Promise<number> {
  const { terminal, json } = input
  for (let said = ''; ;) {
    const move = (await connectToServer(input).get(path)) as unknown as MoveView
    const words = wordsOf(move)
    if (!json && words !== said && !isEnd(move)) terminal.err(words)
    said = words
    if (isEnd(move)) {
      terminal.out(json ? JSON.stringify(move) : endOf(move))
      return exitCodes.good
    }
    await sleep(systemClock, lookEveryMs)
  }
}

function isEnd({ state }: MoveView): boolean {
  return state === 'done' || state === 'cancelled'
}

function wordsOf({ state, progress: { compared, copied, pass }, problem }: MoveView): string {
  const rows =
    pass === undefined ? '' : `, pass ${pass}: ${count(compared ?? 0, 'row')} compared, ${copied ?? 0} copied`
  return `${meanings[state]}${rows}${problem === null ? '' : `. The latest try ended with: ${problem}`}`
}

function endOf({ tenant, target, source, state, progress, begunAt, changedAt }: MoveView): string {
  if (state === 'cancelled') return `${tenant} stays on ${source}.`
  return `${tenant} lives on ${target} now. It took ${length(changedAt - begunAt)}; for ${length(progress.pausedMs ?? 0)} of it nothing could be written for ${tenant}.`
}
