import { readdirSync } from 'node:fs'
import { join } from 'node:path'
import { exitCodeMeanings, type CommandDefinition } from '../../packages/tenon/src/cli/command.ts'
import { root } from '../tool.ts'
import { cell, code, page, table } from './markdown.ts'

const folder = join(root, 'packages/tenon/src/cli/commands')

/** Every command, from its own definition. */
export async function commandPage(): Promise<string> {
  const parts: string[] = []
  for (const name of namesIn('')) {
    const members = name.isGroup ? namesIn(name.name) : []
    if (!name.isGroup) parts.push(section(name.name, await definitionOf(name.name)))
    for (const member of members)
      if (member.name !== name.name)
        parts.push(section(`${name.name} ${member.name}`, await definitionOf(`${name.name}/${member.name}`)))
  }
  return page(
    '# Command line',
    'Run `npx tenon <command>`. Every command also takes `--json` (JSON on the standard output and nothing else), `--data <folder>` (the data folder of the server; where `--data` is something else, `--folder`) and `--help`.',
    '## Exit codes',
    table(
      ['code', 'means'],
      exitCodeMeanings.map(([exit, meaning]) => [code(String(exit)), cell(meaning)]),
    ),
    ...parts,
  )
}

function namesIn(group: string): { name: string; isGroup: boolean }[] {
  return readdirSync(join(folder, group), { withFileTypes: true })
    .filter((entry) => entry.isDirectory() || /^[a-z-]+\.ts$/.test(entry.name))
    .map((entry) => ({ name: entry.name.replace(/\.ts$/, ''), isGroup: entry.isDirectory() }))
    .toSorted((left, right) => (left.name < right.name ? -1 : 1))
}

async function definitionOf(path: string): Promise<CommandDefinition> {
  return ((await import(join(folder, `${path}.ts`))) as { command: CommandDefinition }).command
}

function section(name: string, { summary, arguments: given = [], options = [], examples }: CommandDefinition): string {
  const rows = [...given, ...options].map(([flags, what]) => [code(flags), cell(what)])
  const usage = ['tenon', name, ...given.map(([argument]) => argument)].join(' ')
  return page(
    `## ${name}`,
    cell(summary),
    code(usage),
    table(['argument or option', ''], rows),
    table(
      ['for example', ''],
      examples.map(([line, what]) => [code(line), cell(what)]),
    ),
  )
}
