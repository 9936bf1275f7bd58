import { readFileSync } from 'node:fs'
import { text as readAll } from 'node:stream/consumers'
import { TenonError } from '../../base/errors.ts'
import { listOption, textOption, type CommandInput } from '../command.ts'

/** What the server says that a person is asked for. */
export interface AskedField {
  readonly name: string
  readonly label: string
  readonly secret: boolean
  readonly required: boolean
  /** Text of several lines, in PEM. */
  readonly pem: boolean
}

/** Values by field, from the command line, the environment and the standard input; `null` when the person gave up. */
export async function givenFields(
  input: CommandInput,
  fields: readonly AskedField[],
  isComplete: boolean,
): Promise<Readonly<Record<string, string>> | null> {
  const given = {
    ...fromOptions(input, fields),
    ...fromEnvironment(input, fields),
    ...(await fromStdin(input, fields)),
  }
  const missing = fields.filter(({ name, required }) => required && given[name] === undefined)
  if (isComplete || missing.length === 0) return given
  if (!process.stdin.isTTY || input.json) throw unasked(missing)
  const asked = await ask(fields.filter(({ name }) => given[name] === undefined))
  return asked === null ? null : { ...given, ...asked }
}

/** `name=value`. A secret there would be read by everyone who lists processes, and stay in the shell's history. */
function fromOptions(input: CommandInput, fields: readonly AskedField[]): Record<string, string> {
  return Object.fromEntries(
    listOption(input, 'field').map((text) => {
      const [name, value] = split(text, '--field', 'name=value')
      if (known(name, fields).secret)
        throw new TenonError(
          'INPUT_INVALID',
          `${name} is a secret and must not stand on a command line. Use --env ${name}=VARIABLE, or pipe it in with --stdin ${name}.`,
        )
      return [name, value]
    }),
  )
}

function fromEnvironment(input: CommandInput, fields: readonly AskedField[]): Record<string, string> {
  return Object.fromEntries(
    listOption(input, 'env').map((text) => {
      const [name, variable] = split(text, '--env', 'name=VARIABLE')
      known(name, fields)
      const value = input.environment[variable]
      if (value === undefined || value === '')
        throw new TenonError('INPUT_INVALID', `The environment variable ${variable} (${name}) is not set.`)
      return [name, value]
    }),
  )
}

async function fromStdin(input: CommandInput, fields: readonly AskedField[]): Promise<Record<string, string>> {
  const name = textOption(input, 'stdin')
  if (name === undefined) return {}
  known(name, fields)
  const value = (await readAll(process.stdin)).replace(/\r?\n$/, '')
  if (value === '') throw new TenonError('INPUT_INVALID', `Nothing came in for ${name}.`)
  return { [name]: value }
}

function split(text: string, option: string, form: string): readonly [string, string] {
  const at = text.indexOf('=')
  if (at > 0) return [text.slice(0, at), text.slice(at + 1)]
  throw new TenonError('INPUT_INVALID', `${option} is written ${option} ${form}.`)
}

function known(name: string, fields: readonly AskedField[]): AskedField {
  const field = fields.find((candidate) => candidate.name === name)
  if (field !== undefined) return field
  const names = fields.map((candidate) => candidate.name).join(', ')
  throw new TenonError(
    'INPUT_INVALID',
    `There is no field ${JSON.stringify(name)}; ${names === '' ? 'nothing is asked for' : `there are ${names}`}.`,
  )
}

function unasked(missing: readonly AskedField[]): TenonError {
  const ways = missing.map(({ name, secret }) => (secret ? `--env ${name}=VARIABLE` : `--field ${name}=…`))
  return new TenonError(
    'INPUT_INVALID',
    `Missing: ${missing.map(({ name }) => name).join(', ')}. Give ${ways.join(' ')}, or run this at a terminal, where it is asked for.`,
  )
}

async function ask(fields: readonly AskedField[]): Promise<Record<string, string> | null> {
  const { isCancel, password, text } = await import('@clack/prompts')
  const answers: Record<string, string> = {}
  for (const { name, label, secret, required, pem } of fields) {
    const message = `${label}${pem ? ': which file is it in?' : ''}${required ? '' : ' (optional)'}`
    const validate = (value = ''): string | undefined => {
      if (value === '') return required ? 'It is needed.' : undefined
      return pem && readPem(value) === null ? 'There is no such file, or it does not begin with -----BEGIN.' : undefined
    }
    // A terminal takes one line: what has several is read from where it lies.
    const answer = secret && !pem ? await password({ message, validate }) : await text({ message, validate })
    if (isCancel(answer)) return null
    if (answer !== undefined && answer !== '') answers[name] = (pem ? readPem(answer) : null) ?? answer
  }
  return answers
}

function readPem(file: string): string | null {
  try {
    const pem = readFileSync(file, 'utf8')
    return pem.startsWith('-----BEGIN ') ? pem : null
  } catch {
    return null
  }
}
