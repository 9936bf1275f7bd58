import { spawn, type ChildProcess } from 'node:child_process'
import type { Readable } from 'node:stream'
import { fileURLToPath } from 'node:url'
import { systemClock } from '../../base/clock.ts'
import { TenonError } from '../../base/errors.ts'
import { parseJson } from '../../base/json.ts'
import { shownPath } from '../../server/load-app.ts'
import type { Order, OrderName, Orders, Outcomes, Problem, Reply } from './messages.ts'
import { standstillDescriptor, type Standstill } from './standstill.ts'

/** An error that the process told, with the place in the user's code. */
export class ProcessProblem extends TenonError {
  readonly place: string | null

  constructor({ code, message, place }: Problem) {
    super(code, message)
    this.place = place
  }
}

/** One process with one reading of the app's code. */
export interface AppProcess {
  /** The files that the app is made of, as far as they were seen, and those that it misses. */
  readonly files: ReadonlySet<string>
  readonly hasEnded: boolean
  /** Resolves with words for how it ended. */
  readonly ended: Promise<string>
  /** One at a time. Rejects with what went wrong there, `TIMEOUT` after `limitMs`, or when the process ends meanwhile. */
  order<Name extends OrderName>(name: Name, order: Orders[Name], limitMs: number): Promise<Outcomes[Name]>
  /** Ends it at once. */
  kill(): void
}

const entry = fileURLToPath(new URL(`./child${import.meta.url.endsWith('.ts') ? '.ts' : '.js'}`, import.meta.url))

/** What the app itself prints goes where this process prints, unless that is ignored. */
export function startAppProcess(onFile: (file: string) => void, output: 'inherit' | 'ignore' = 'inherit'): AppProcess {
  const child = spawn(process.execPath, [...process.execArgv, entry], {
    stdio: ['ignore', output, output, 'ipc', 'pipe'],
  })
  const files = new Set<string>()
  let hasEnded = false
  let last = 0
  let settle: ((reply: Exclude<Reply, { said: 'file' }>) => void) | null = null
  const fail = (code: Problem['code'], message: string, place: string | null = null): void =>
    settle?.({ said: 'failed', number: last, problem: { code, message, place } })

  child.on('message', (reply: Reply) => {
    if (reply.said !== 'file') return reply.number === last ? settle?.(reply) : undefined
    if (files.has(reply.path)) return
    files.add(reply.path)
    onFile(reply.path)
  })
  onStandstill(child, ({ place }) => {
    const words = describeStandstill(place)
    fail('APP_INVALID', words.message, words.place)
  })
  const ended = new Promise<string>((resolve) => {
    const end = (words: string): void => {
      hasEnded = true
      fail('APP_INVALID', `The process of the app ended ${words} before it was up.`)
      resolve(words)
    }
    child.on('exit', (code, signal) => end(signal === null ? `with code ${code ?? 0}` : `by ${signal}`))
    child.on('error', (error) => end(`(${error.message})`))
  })

  return {
    files,
    ended,
    get hasEnded() {
      return hasEnded
    },
    order: (name, order, limitMs) =>
      new Promise((resolve, reject) => {
        last += 1
        const cancel = systemClock.after(limitMs, () => fail('TIMEOUT', 'the process of the app does not react'))
        settle = (reply) => {
          cancel()
          settle = null
          if (reply.said === 'done') resolve(reply.result as Outcomes[typeof name])
          else reject(new ProcessProblem(reply.problem))
        }
        if (hasEnded) fail('INTERNAL', 'the process of the app has ended')
        else
          child.send(
            { number: last, name, order } satisfies Order,
            (error) => error === null || fail('INTERNAL', error.message),
          )
      }),
    kill: () => void child.kill('SIGKILL'),
  }
}

function onStandstill(child: ChildProcess, tell: (standstill: Standstill) => void): void {
  const pipe = child.stdio[standstillDescriptor] as Readable
  let text = ''
  pipe.on('error', () => undefined)
  pipe.on('data', (piece: Buffer) => {
    text += piece.toString()
    if (text.includes('\n')) tell(parseJson(text) as Standstill)
  })
}

function describeStandstill(place: Standstill['place']): { message: string; place: string | null } {
  if (place === null)
    return {
      message: 'The app does not finish loading: something that it awaits while it is imported does not come.',
      place: null,
    }
  const at = `${shownPath(fileURLToPath(place.url))}:${place.line}:${place.column}`
  return { message: `${at} does not finish: the app is still loading there, and was ended.`, place: at }
}
