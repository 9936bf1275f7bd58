import type { Command } from 'commander'
import { messageOf, TenonError } from '../base/errors.ts'
import { exitCodes, type CommandDefinition, type CommandInput } from './command.ts'
import { examplesText, exitCodesText, helpStyle } from './help.ts'
import { allOptionsOf, commandNames, folderFlagOf, loadCommand, type CommandNode } from './registry.ts'
import type { InputProblem } from '../server/input.ts'
import { createTerminal, type Terminal } from './terminal.ts'

type Environment = Readonly<Record<string, string | undefined>>

/** Runs one command line and resolves with its exit code. */
export async function runCommandLine(
  words: readonly string[],
  environment: Environment = process.env,
): Promise<number> {
  const terminal = createTerminal(process.stdout, process.stderr, environment)
  try {
    return await parse(words, terminal, environment)
  } catch (error) {
    return report(error, terminal, words.includes('--json'))
  }
}

function report(error: unknown, terminal: Terminal, json: boolean): number {
  const isOurs = TenonError.is(error)
  if (json) {
    const { decision } = isOurs ? error.details : {}
    const told = { code: isOurs ? error.code : 'INTERNAL', message: messageOf(error), decision }
    terminal.out(JSON.stringify({ error: told }))
  } else
    terminal.err(
      isOurs
        ? terminal.colours.red(messageFor(error))
        : terminal.colours.red(error instanceof Error ? (error.stack ?? error.message) : String(error)),
    )
  return isOurs ? exitCodeOf(error) : exitCodes.failed
}

/** What the API calls a part of its query is an option here. */
function messageFor({ message, details: { problems } }: TenonError): string {
  const wrong = (Array.isArray(problems) ? problems : []) as readonly Partial<InputProblem>[]
  if (wrong.length === 0 || wrong.some((one) => one.in !== 'query')) return message
  return wrong.map(({ field, expected }) => `--${field} is not understood; expected ${expected}.`).join('\n')
}

function exitCodeOf({ code, details }: TenonError): number {
  if (details['reason'] === 'no-server') return exitCodes.noServer
  return code === 'ORDER_REFUSED' || code === 'RUN_NOT_RETRYABLE' ? exitCodes.refused : exitCodes.failed
}

async function parse(words: readonly string[], terminal: Terminal, environment: Environment): Promise<number> {
  const { Command, CommanderError } = await import('commander')
  const root = new Command('tenon')
    .description('Durable API integrations as TypeScript.')
    .exitOverride()
    .configureOutput({
      writeOut: (text) => terminal.out(text.trimEnd()),
      writeErr: (text) => terminal.err(text.trimEnd()),
      getOutHasColors: () => terminal.colours.isColorSupported,
      getErrHasColors: () => terminal.colours.isColorSupported,
    })
    .configureHelp(helpStyle(terminal))
    .addHelpText('after', `${examplesText(rootExamples, terminal)}\n${exitCodesText(terminal)}`)
  const context: Context = { terminal, environment, code: exitCodes.good }
  // Only what is asked for is loaded; for the general help everything is.
  const [asked = ''] = words
  for (const name of commandNames.has(asked) ? [asked] : commandNames) addNode(root, await loadCommand(name), context)
  try {
    if (words.length === 0) root.help()
    await root.parseAsync([...words], { from: 'user' })
  } catch (error) {
    if (!(error instanceof CommanderError)) throw error
    return error.exitCode === 0 ? exitCodes.good : exitCodes.misused
  }
  return context.code
}

interface Context {
  readonly terminal: Terminal
  readonly environment: Environment
  /** What the command ended with. */
  code: number
}

function addNode(parent: Command, node: CommandNode, context: Context): void {
  const command = parent
    .command(node.path.at(-1) ?? '')
    .description(node.summary)
    .addHelpText('after', examplesText(node.examples, context.terminal))
  if (node.command !== null) addCommand(command, node.command, context)
  for (const member of node.members) addNode(command, member, context)
}

function addCommand(command: Command, definition: CommandDefinition, context: Context): void {
  for (const [name, description] of definition.arguments ?? []) command.argument(name, description)
  for (const [flags, description] of allOptionsOf(definition)) command.option(flags, description)
  command.action(async (...given: unknown[]) => {
    const { terminal } = context
    const options = command.opts<CommandInput['options']>()
    const typed = options[folderFlagOf(definition)] as string | undefined
    // Whoever types a folder means the server on it: an order must not go to the one that the environment names.
    const environment = typed === undefined ? context.environment : { ...context.environment, TENON_SERVER: undefined }
    const dataFolder = typed ?? (environment['TENON_DATA'] || '.tenon')
    const named = given.slice(0, definition.arguments?.length ?? 0) as (string | undefined)[]
    const input = { arguments: named, options, terminal, environment, dataFolder, json: options['json'] === true }
    context.code = (await definition.run(input)) ?? exitCodes.good
  })
}

const rootExamples: CommandDefinition['examples'] = [
  ['tenon init my-app', 'a new project'],
  ['tenon dev', 'run its app, and take up every change of the code'],
  ['tenon runs list', 'the latest runs'],
  ['tenon runs show a7x2k9fq', 'one of them, step by step'],
  ['tenon check --app src/app.ts', 'before a deploy'],
]
