import { existsSync, readdirSync } from 'node:fs'
import type { CommandDefinition } from './command.ts'

/** What the command line consists of: a command, or a group of commands. */
export interface CommandNode extends Pick<CommandDefinition, 'summary' | 'examples'> {
  /** Words from the beginning, such as `runs list`. */
  readonly path: readonly string[]
  /** `null` for a group. */
  readonly command: CommandDefinition | null
  readonly members: readonly CommandNode[]
}

const folder = new URL('./commands/', import.meta.url)

/** The order in which a person meets them; what is not here comes after, by name. */
const order = [
  'init',
  'add',
  'dev',
  'start',
  'check',
  'doctor',
  'console',
  'runs',
  'connect',
  'connections',
  'simulate',
  'completion',
]

/** The folder is the registry: a file is a command, a folder a group of them. */
function namesIn(group: string): string[] {
  return readdirSync(new URL(group, folder), { withFileTypes: true })
    .filter((entry) => entry.isDirectory() || /^[a-z-]+\.[jt]s$/.test(entry.name))
    .map(({ name }) => name.replace(/\.[jt]s$/, ''))
    .toSorted()
}

/** Of the command line itself. */
export const commandNames: ReadonlySet<string> = new Set(
  namesIn('').toSorted((left, right) => placeOf(left) - placeOf(right)),
)

function placeOf(name: string): number {
  const place = order.indexOf(name)
  return place < 0 ? order.length : place
}

/** Loads one of `commandNames`, with what belongs to it. */
export async function loadCommand(name: string): Promise<CommandNode> {
  if (!existsSync(new URL(`${name}/`, folder))) return load([name])
  const face = (await import(`./commands/${name}/${name}.ts`)) as Pick<CommandDefinition, 'summary' | 'examples'>
  const members: CommandNode[] = []
  for (const member of namesIn(`${name}/`)) if (member !== name) members.push(await load([name, member]))
  return { path: [name], summary: face.summary, examples: face.examples, command: null, members }
}

async function load(path: readonly string[]): Promise<CommandNode> {
  const { command } = (await import(`./commands/${path.join('/')}.ts`)) as { command: CommandDefinition }
  return { path, summary: command.summary, examples: command.examples, command, members: [] }
}

/** `data`, but `folder` where --data is the data of an event. */
export function folderFlagOf({ options = [] }: CommandDefinition): 'data' | 'folder' {
  return options.some(([flags]) => flags.startsWith('--data ')) ? 'folder' : 'data'
}

/** The options of a command with those that every command has. */
export function allOptionsOf(definition: CommandDefinition): NonNullable<CommandDefinition['options']> {
  return [
    ...(definition.options ?? []),
    [`--${folderFlagOf(definition)} <folder>`, 'data folder of the server (default: TENON_DATA, else .tenon)'],
    ['--json', 'print JSON and nothing else'],
  ]
}
