import type { Terminal } from './terminal.ts'

/** One command: a file in `commands/` exports it as `command`, and its path is its name. */
export interface CommandDefinition {
  readonly summary: string
  /** `<needed>` or `[optional]`, with what it is. */
  readonly arguments?: readonly (readonly [name: string, description: string])[]
  /** `--flag <value>`, with what it does. */
  readonly options?: readonly (readonly [flags: string, description: string])[]
  /** Whole command lines, with what they do. */
  readonly examples: readonly (readonly [line: string, description: string])[]
  /** Resolves with the exit code; nothing stands for 0. */
  readonly run: (input: CommandInput) => Promise<number | void>
}

export interface CommandInput {
  readonly arguments: readonly (string | undefined)[]
  readonly options: Readonly<Record<string, string | boolean | undefined>>
  readonly terminal: Terminal
  readonly environment: Readonly<Record<string, string | undefined>>
  /** From `--data`, `TENON_DATA` or `.tenon`. */
  readonly dataFolder: string
  /** From `--json`: then nothing but JSON goes to the standard output. */
  readonly json: boolean
}

export const exitCodes = { good: 0, failed: 1, misused: 2, noServer: 3 } as const

export const exitCodesHelp = `Exit codes: 0 done, 1 it failed or something was found, 2 wrong use, 3 no server is running on the data folder.`

/** The text of an option that takes a value. */
export function textOption(input: CommandInput, name: string): string | undefined {
  const value = input.options[name]
  return typeof value === 'string' ? value : undefined
}
