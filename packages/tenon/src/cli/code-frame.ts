import { readFileSync } from 'node:fs'
import { visible } from '../telemetry/log.ts'
import type { Colours } from './terminal.ts'

export interface Place {
  readonly file: string
  readonly line: number
  readonly column: number
}

/** `src/app.ts:12:7`, as an error tells where it is. */
export function placeFrom(text: string): Place | null {
  const [found, file = '', line, column = '1'] = /^(.*?):(\d+)(?::(\d+))?$/.exec(text) ?? []
  return found === undefined ? null : { file, line: Number(line), column: Number(column) }
}

const around = 2

/** The lines about a place, with a mark below it; nothing where they cannot be read. */
export function codeFrame({ file, line, column }: Place, colours: Colours, columns: number): string[] {
  const lines = readLines(file)
  if (lines[line - 1] === undefined) return []
  const first = Math.max(1, line - around)
  const shown = lines.slice(first - 1, line + around)
  const digits = String(first + shown.length - 1).length
  return shown.flatMap((text, index) => {
    const number = String(first + index).padStart(digits)
    const code = cut(visible(text.replaceAll('\t', '  ')), Math.max(20, columns - digits - 7))
    if (first + index !== line) return [colours.dim(`    ${number} │ ${code}`.trimEnd())]
    const before = text.slice(0, column - 1).replaceAll('\t', '  ').length
    return [
      `  ${colours.red('›')} ${colours.dim(`${number} │`)} ${code}`,
      `    ${' '.repeat(digits)} ${colours.dim('│')} ${' '.repeat(before)}${colours.red('^')}`,
    ]
  })
}

function cut(text: string, width: number): string {
  return text.length <= width ? text : `${text.slice(0, width - 1)}…`
}

function readLines(file: string): string[] {
  try {
    return readFileSync(file, 'utf8').split(/\r?\n/)
  } catch {
    return []
  }
}
