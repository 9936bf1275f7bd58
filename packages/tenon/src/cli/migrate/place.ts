import { resolve } from 'node:path'
import { TenonError } from '../../base/errors.ts'
import { Secret } from '../../base/secret.ts'
import type { Place } from '../../server/durable.ts'
import { textOption, type CommandInput } from '../command.ts'

const databaseForm = /^postgres(ql)?:\/\//
const variableForm = /^env:(\w+)$/

/** What `--from` or `--to` names: a data folder, a database by its URL, or by the variable that holds it. Throws `INPUT_INVALID`. */
export function namedPlace(input: CommandInput, option: 'from' | 'to'): Place {
  const text = textOption(input, option) ?? ''
  if (text === '')
    throw new TenonError(
      'INPUT_INVALID',
      `--${option} is missing: a data folder, a postgres:// URL, or env:NAME of one.`,
    )
  const [, variable] = variableForm.exec(text) ?? []
  if (variable === undefined) return placeAt(text)
  const value = input.environment[variable] ?? ''
  if (value === '')
    throw new TenonError('INPUT_INVALID', `--${option} names the variable ${variable}, which is not set.`)
  return placeAt(value)
}

function placeAt(text: string): Place {
  return databaseForm.test(text)
    ? { folder: '', database: new Secret(text) }
    : { folder: resolve(text), database: null }
}
