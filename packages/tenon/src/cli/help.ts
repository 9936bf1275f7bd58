import type { HelpConfiguration } from 'commander'
import { exitCodeMeanings, type CommandDefinition } from './command.ts'
import { wrap, type Terminal } from './terminal.ts'

const widestHelp = 110

export function helpStyle({ columns, colours }: Terminal): HelpConfiguration {
  return {
    helpWidth: Math.min(columns, widestHelp),
    styleTitle: (text) => colours.bold(text),
    styleCommandText: (text) => colours.cyan(text),
    styleSubcommandText: (text) => colours.cyan(text),
    styleOptionText: (text) => colours.cyan(text),
    styleArgumentText: (text) => colours.cyan(text),
    // In a list the name is enough; what it takes stands in its own help.
    subcommandTerm: (command) => command.name(),
  }
}

/** Command lines to copy, with what they do: beside them where there is room, else above. */
export function examplesText(examples: CommandDefinition['examples'], { columns, colours }: Terminal): string {
  const widest = Math.max(...examples.map(([line]) => line.length))
  const width = Math.min(columns, widestHelp)
  const isRoomy = examples.every(([, what]) => widest + what.length + 5 <= width)
  const lines = examples.flatMap(([line, what]) =>
    isRoomy
      ? [`  ${colours.cyan(line.padEnd(widest))}   ${colours.dim(what)}`]
      : [...wrap(`# ${what}`, width, '  ').map((part) => colours.dim(part)), `  ${colours.cyan(line)}`],
  )
  return `\n${colours.bold('Examples:')}\n${lines.join('\n')}`
}

export function exitCodesText({ columns, colours }: Terminal): string {
  const lines = exitCodeMeanings.flatMap(([code, meaning]) => {
    const [first = '', ...rest] = wrap(meaning, Math.min(columns, widestHelp), '       ')
    return [`  ${colours.cyan(String(code).padEnd(3))}  ${first.trimStart()}`, ...rest]
  })
  return `\n${colours.bold('Exit codes:')}\n${lines.join('\n')}`
}
