import type { Terminal } from './terminal.ts'

/** One command: a file in `commands/` exports it as `command`, and its path is its name. */
export interface CommandDefinition {
  readonly summary: string
  /** `<needed>` or `[optional]`, with what it is, and what it can be where that is known. */
  readonly arguments?: readonly (readonly [name: string, description: string, choices?: readonly string[]])[]
  /** `--flag <value>`, with what it does, and what the value can be where that is known. */
  readonly options?: readonly (readonly [flags: string, description: string, choices?: readonly string[]])[]
  /** Whole command lines, with what they do. */
  readonly examples: readonly (readonly [line: string, description: string])[]
  /** Resolves with the exit code; nothing stands for 0. */
  readonly run: (input: CommandInput) => Promise<number | void>
}

export interface CommandInput {
  readonly arguments: readonly (string | undefined)[]
  readonly options: Readonly<Record<string, string | boolean | readonly string[] | undefined>>
  readonly terminal: Terminal
  /** Without `TENON_SERVER` where `--data` names the server. */
  readonly environment: Readonly<Record<string, string | undefined>>
  /** From `--data`, `TENON_DATA` or `.tenon`. */
  readonly dataFolder: string
  /** From `--json`: then nothing but JSON goes to the standard output. */
  readonly json: boolean
}

export const exitCodes = { good: 0, failed: 1, misused: 2, noServer: 3, refused: 4 } as const

/** What each code means that a command can end with: the one place where that is written. */
export const exitCodeMeanings: readonly (readonly [code: number, meaning: string])[] = [
  [exitCodes.good, 'done; for check and doctor: nothing is wrong'],
  [
    exitCodes.failed,
    'it failed, or something was found; the reason is on the standard error, with --json on the standard output',
  ],
  [exitCodes.misused, 'wrong use: an unknown command or option, or a missing argument'],
  [exitCodes.noServer, 'no server is running on the data folder, or none answers where TENON_SERVER says'],
  [exitCodes.refused, 'the run is in no state for that order, such as a step that somebody has decided already'],
  [130, 'stopped at once by a second Ctrl-C; what was accepted is kept'],
  [143, 'stopped at once by a second SIGTERM; what was accepted is kept'],
]

/** The text of an option that takes a value. */
export function textOption(input: CommandInput, name: string): string | undefined {
  const value = input.options[name]
  return typeof value === 'string' ? value : undefined
}

/** The texts of an option that can take several. */
export function listOption(input: CommandInput, name: string): readonly string[] {
  const value = input.options[name]
  return Array.isArray(value) ? (value as readonly string[]) : []
}
