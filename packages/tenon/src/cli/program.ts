import { existsSync, readdirSync } from 'node:fs'
import type { Command } from 'commander'
import { messageOf, TenonError } from '../base/errors.ts'
import { exitCodes, exitCodesHelp, type CommandDefinition, type CommandInput } from './command.ts'
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
  if (json)
    terminal.out(JSON.stringify({ error: { code: isOurs ? error.code : 'INTERNAL', message: messageOf(error) } }))
  else
    terminal.err(
      isOurs
        ? terminal.colours.red(error.message)
        : terminal.colours.red(error instanceof Error ? (error.stack ?? error.message) : String(error)),
    )
  return isOurs && error.details['reason'] === 'no-server' ? exitCodes.noServer : exitCodes.failed
}

async function parse(words: readonly string[], terminal: Terminal, environment: Environment): Promise<number> {
  const { Command, CommanderError } = await import('commander')
  const root = new Command('tenon')
    .description('Durable API integrations as TypeScript.')
    .exitOverride()
    .configureOutput({
      writeOut: (text) => terminal.out(text.trimEnd()),
      writeErr: (text) => terminal.err(text.trimEnd()),
    })
    .configureHelp({ helpWidth: Math.min(terminal.columns, 110) })
    .addHelpText('after', `${examplesText(rootExamples)}\n\n${exitCodesHelp}`)
  const context: Context = { terminal, environment, code: exitCodes.good }
  // Only what is asked for is loaded; for the general help everything is.
  const [asked = ''] = words
  for (const name of commandNames.has(asked) ? [asked] : commandNames) {
    if (isGroup(name)) await addGroup(root, name, context)
    else await addCommand(root, [name], context)
  }
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

async function addGroup(root: Command, name: string, context: Context): Promise<void> {
  const face = (await import(`./commands/${name}/${name}.ts`)) as Pick<CommandDefinition, 'summary' | 'examples'>
  const group = root.command(name).description(face.summary).addHelpText('after', examplesText(face.examples))
  for (const member of namesIn(`${name}/`)) if (member !== name) await addCommand(group, [name, member], context)
}

async function addCommand(parent: Command, path: readonly string[], context: Context): Promise<void> {
  const { command: definition } = (await import(`./commands/${path.join('/')}.ts`)) as { command: CommandDefinition }
  const command = parent.command(path.at(-1) ?? '').description(definition.summary)
  for (const [name, description] of definition.arguments ?? []) command.argument(name, description)
  for (const [flags, description] of definition.options ?? []) command.option(flags, description)
  // Where --data is the data of an event, the folder has another name.
  const isTaken = (definition.options ?? []).some(([flags]) => flags.startsWith('--data '))
  const folderFlag = isTaken ? 'folder' : 'data'
  command
    .option(`--${folderFlag} <folder>`, 'data folder of the server (default: TENON_DATA, else .tenon)')
    .option('--json', 'print JSON and nothing else')
    .addHelpText('after', examplesText(definition.examples))
    .action(async (...given: unknown[]) => {
      const { terminal, environment } = context
      const options = command.opts<CommandInput['options']>()
      const dataFolder = (options[folderFlag] as string | undefined) ?? (environment['TENON_DATA'] || '.tenon')
      const named = given.slice(0, definition.arguments?.length ?? 0) as (string | undefined)[]
      const input = { arguments: named, options, terminal, environment, dataFolder, json: options['json'] === true }
      context.code = (await definition.run(input)) ?? exitCodes.good
    })
}

const folder = new URL('./commands/', import.meta.url)

/** The folder is the registry: a file is a command, a folder a group of them. */
function namesIn(group: string): string[] {
  return readdirSync(new URL(group, folder), { withFileTypes: true })
    .filter((entry) => entry.isDirectory() || /^[a-z-]+\.[jt]s$/.test(entry.name))
    .map(({ name }) => name.replace(/\.[jt]s$/, ''))
    .toSorted()
}

const commandNames: ReadonlySet<string> = new Set(namesIn(''))

function isGroup(name: string): boolean {
  return existsSync(new URL(`${name}/`, folder))
}

const rootExamples: CommandDefinition['examples'] = [
  ['tenon start --app src/app.ts', 'take its webhooks, run its flows'],
  ['tenon runs list', 'the latest runs'],
  ['tenon runs show a7x2k9fq', 'one of them, step by step'],
  ['tenon check --app src/app.ts', 'before a deploy'],
]

function examplesText(examples: CommandDefinition['examples']): string {
  const widest = Math.max(...examples.map(([line]) => line.length))
  return `\nExamples:\n${examples.map(([line, what]) => `  ${line.padEnd(widest)}   ${what}`).join('\n')}`
}
