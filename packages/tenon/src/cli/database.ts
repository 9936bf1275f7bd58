import { Secret } from '../base/secret.ts'
import { textOption, type CommandInput } from './command.ts'

export const databaseOption = [
  '--database <url>',
  'the PostgreSQL database that all nodes share (default: TENON_DATABASE, else what the app says, else the data folder); other users may see it in the list of processes',
] as const

/** As it was typed: who opens it asks the environment and the app where nothing was. */
export function databaseOf(input: CommandInput): { readonly database?: Secret } {
  const url = textOption(input, 'database') ?? ''
  return url === '' ? {} : { database: new Secret(url) }
}
