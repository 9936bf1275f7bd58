import { spawn } from 'node:child_process'
import { messageOf, TenonError } from '../../base/errors.ts'
import { parseJson } from '../../base/json.ts'
import { isObject } from '../../definition/problem.ts'
import type { MasterKeys, WrappedKey } from './master-keys.ts'

export interface CommandKeyOptions {
  /** The program and its arguments; no shell is between. */
  readonly command: readonly string[]
  readonly environment: Readonly<Record<string, string | undefined>>
  readonly limitMs?: number
}

/** What the program sees of the environment: where things are, and what key management services are reached by. */
const passed =
  /^(?:PATH|HOME|USER|LANG|LC_ALL|TZ|TMPDIR|SystemRoot|(?:AWS|AZURE|GOOGLE|CLOUDSDK|VAULT|BAO|TENON_KMS)_\w+)$/
const mostBytes = 64 * 1024

/**
 * The master key in the hands of a program, such as one that asks a key management service. It gets one JSON object on its standard input and answers with one:
 * `{"do":"current"}` -> `{"masterKey":id}`; `{"do":"wrap","tenant":…,"key":base64}` -> `{"masterKey":id,"wrapped":base64}`;
 * `{"do":"unwrap","tenant":…,"masterKey":id,"wrapped":base64}` -> `{"key":base64}`. Its exit code is 0, or 3 for what it did not wrap.
 */
export function commandKeys({ command, environment, limitMs = 10_000 }: CommandKeyOptions): MasterKeys {
  const [program = '', ...words] = command
  const seen = Object.fromEntries(Object.entries(environment).filter(([name]) => passed.test(name)))
  const ask = (question: Readonly<Record<string, string>>): Promise<Answer> =>
    run({ program, words, environment: seen, limitMs }, question)
  return {
    source: `command ${program}`,
    current: async () => (await ask({ do: 'current' })).text('masterKey'),
    async wrap(tenant, dataKey) {
      const answer = await ask({ do: 'wrap', tenant, key: Buffer.from(dataKey).toString('base64') })
      return { masterKey: answer.text('masterKey'), wrapped: answer.bytes('wrapped') } satisfies WrappedKey
    },
    async unwrap(tenant, { masterKey, wrapped }) {
      const text = Buffer.from(wrapped).toString('base64')
      return (await ask({ do: 'unwrap', tenant, masterKey, wrapped: text })).bytes('key')
    },
    renew: () =>
      Promise.reject(
        new TenonError(
          'FORBIDDEN',
          `the master key is held by ${program}: let it wrap by a new one, and go on unwrapping by the old; then rotate again`,
        ),
      ),
  }
}

interface Answer {
  text(member: string): string
  bytes(member: string): Buffer
}

interface Running {
  readonly program: string
  readonly words: readonly string[]
  readonly environment: Readonly<Record<string, string | undefined>>
  readonly limitMs: number
}

/** What it prints is never shown: it may hold a key. */
async function run({ program, words, environment, limitMs }: Running, question: object): Promise<Answer> {
  const child = spawn(program, words, {
    env: environment,
    stdio: ['pipe', 'pipe', 'ignore'],
    shell: false,
    timeout: limitMs,
    killSignal: 'SIGKILL',
  })
  const pieces: Buffer[] = []
  let size = 0
  child.stdout.on('data', (piece: Buffer) => {
    size += piece.length
    if (size <= mostBytes) pieces.push(piece)
    else child.kill('SIGKILL')
  })
  // It may end before it has read all.
  child.stdin.on('error', () => undefined)
  child.stdin.end(`${JSON.stringify(question)}\n`)
  const ended = Promise.withResolvers<string | null>()
  child.on('error', (error) => ended.resolve(`cannot be started (${messageOf(error)})`))
  child.on('close', (code, signal) => ended.resolve(problemOf(code, signal, size, limitMs)))
  const problem = await ended.promise
  if (child.exitCode === 3)
    throw new TenonError(
      'SECRET_UNREADABLE',
      `the master key command ${program} says that it did not wrap this data key`,
    )
  if (problem !== null) throw locked(program, problem)
  return answerOf(program, Buffer.concat(pieces).toString())
}

function problemOf(code: number | null, signal: string | null, size: number, limitMs: number): string | null {
  if (size > mostBytes) return `printed more than ${mostBytes} bytes`
  if (signal !== null) return `did not answer within ${limitMs} ms`
  return code === 0 ? null : `ended with code ${code}`
}

function answerOf(program: string, text: string): Answer {
  let value: unknown = null
  try {
    value = parseJson(text)
  } catch {
    // Told below, without the text.
  }
  if (!isObject(value)) throw locked(program, 'printed something else than one JSON object')
  const answer = value
  function member(name: string): string {
    const found = answer[name]
    if (typeof found === 'string' && found !== '') return found
    throw locked(program, `gave no text ${name}`)
  }
  return { text: member, bytes: (name) => Buffer.from(member(name), 'base64') }
}

function locked(program: string, problem: string): TenonError {
  return new TenonError('VAULT_LOCKED', `the master key cannot be asked: the command ${program} ${problem}`)
}
