import { Secret } from '../base/secret.ts'
import { listOption, type CommandInput } from './command.ts'

export const databaseOption = [
  '--database <url...>',
  'the PostgreSQL database that all nodes share, or several of them (default: TENON_DATABASE, else what the app says, else the data folder); other users may see it in the list of processes',
] as const

/** As it was typed: who opens it asks the environment and the app where nothing was. */
export function databaseOf(input: CommandInput): { readonly databases?: readonly Secret[] } {
  const urls = listOption(input, 'database').filter((url) => url !== '')
  return urls.length === 0 ? {} : { databases: urls.map((url) => new Secret(url)) }
}
