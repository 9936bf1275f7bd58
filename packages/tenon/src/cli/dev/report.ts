import { relative } from 'node:path'
import type { Clock } from '../../base/clock.ts'
import { messageOf, TenonError } from '../../base/errors.ts'
import type { DrainReport } from '../../engine/engine.ts'
import { visible } from '../../telemetry/log.ts'
import { codeFrame, placeFrom } from '../code-frame.ts'
import { describeDivergences } from '../divergences.ts'
import { describeDrain } from '../drain-on-signal.ts'
import { wrap, type Terminal } from '../terminal.ts'
import { clockTime, count, length } from '../words.ts'
import { ProcessProblem } from './app-process.ts'
import type { Outcomes } from './messages.ts'
import type { TypeMistake } from './type-check.ts'

/** What the development loop tells. */
export interface Report {
  ready(typed: boolean): void
  /** `goesOn`: the code before still runs. */
  broken(error: unknown, goesOn: boolean): void
  reloaded(facts: Reloaded): void
  diverging(facts: Diverging): void
  types(mistakes: readonly TypeMistake[], tookMs: number): void
  crashed(words: string, restarts: boolean): void
  stuck(): void
  stopped(report: DrainReport): void
  note(text: string): void
}

interface Reloaded {
  readonly why: string
  readonly tookMs: number
  readonly waiting: number
}

type Diverging = Outcomes['compare'] & { readonly file: string }

const mostMistakes = 4
const mostLines = 3
const mostDivergences = 3

/** For a person at a terminal. */
export class TerminalReport implements Report {
  readonly #terminal: Terminal
  readonly #clock: Clock
  #hadMistakes: boolean | null = null
  /** Told already: the compiler will say the same of it. */
  #brokenAt = ''

  constructor(terminal: Terminal, clock: Clock) {
    this.#terminal = terminal
    this.#clock = clock
  }

  ready(typed: boolean): void {
    const { out, colours } = this.#terminal
    const keys = [
      ['r', 'restarts'],
      ['o', 'prints the link to the console'],
      ['q', 'quits'],
    ] as const
    if (process.stdin.isTTY)
      out(`  ${keys.map(([key, what]) => `${colours.bold(key)} ${colours.dim(what)}`).join('   ')}`)
    out(colours.dim('  Change the code, and it is reloaded; runs that wait go on.'))
    if (!typed) out(colours.dim('  Types are not checked: npm install --save-dev typescript'))
    out('')
  }

  broken(error: unknown, goesOn: boolean): void {
    const { out, colours } = this.#terminal
    const [first = '', ...rest] = messageOf(error).split('\n')
    this.#line(colours.red('✗'), colours.red(visible(first)))
    for (const part of rest) out(`          ${visible(part)}`)
    const place = error instanceof ProcessProblem ? error.place : null
    this.#brokenAt = place === null ? '' : lineOf(place)
    this.#frame(place)
    this.#below(
      goesOn
        ? 'The code before goes on running. Save a change to try again.'
        : 'Nothing runs. Save a change to try again.',
    )
  }

  reloaded({ why, tookMs, waiting }: Reloaded): void {
    this.#brokenAt = ''
    const runs = waiting === 0 ? '' : `; ${count(waiting, 'run goes', 'runs go')} on`
    this.#line(this.#terminal.colours.green('↻'), `${why}: reloaded in ${length(tookMs)}${runs}`)
  }

  diverging({ divergences, file }: Diverging): void {
    const { out, colours } = this.#terminal
    const [first = '', ...rest] = describeDivergences(file, divergences, mostDivergences)
    this.#line(colours.yellow('‖'), colours.yellow(first))
    for (const part of rest) out(`          ${part}`)
    this.#below(
      'They stop before they do anything. Take the change back and save, or keep it and mark it with step.changed; then: npx tenon runs retry <run>',
    )
  }

  types(mistakes: readonly TypeMistake[], tookMs: number): void {
    const { colours } = this.#terminal
    if (mistakes.length === 0 && this.#hadMistakes !== false)
      this.#line(colours.green('✓'), `types are right ${colours.dim(`(${length(tookMs)})`)}`)
    this.#hadMistakes = mistakes.length > 0
    for (const mistake of mistakes.slice(0, mostMistakes)) this.#mistake(mistake)
    const left = mistakes.length - mostMistakes
    if (left > 0) this.#below(`and ${count(left, 'more mistake')} in types: npx tsc --noEmit`)
  }

  #mistake({ place, message }: TypeMistake): void {
    const { colours } = this.#terminal
    const at = place === null ? null : `${relative('', place.file)}:${place.line}:${place.column}`
    if (at !== null && lineOf(at) === this.#brokenAt) return
    const [first = '', ...rest] = message.split('\n')
    this.#line(colours.red('✗'), at === null ? 'types' : colours.bold(visible(at)))
    const words = wrap(visible(first), this.#terminal.columns, '            ')
    for (const part of words.slice(0, mostLines)) this.#terminal.out(colours.red(part))
    for (const part of rest.slice(0, 2)) this.#below(part.trim())
    this.#frame(at)
  }

  crashed(words: string, restarts: boolean): void {
    const { colours } = this.#terminal
    this.#line(colours.red('✗'), colours.red(`the process of the app ended ${words}`))
    this.#below(
      restarts
        ? 'It is started again; its runs go on where they were.'
        : 'Save a change to start it again, or press r. Its runs are kept.',
    )
  }

  stuck(): void {
    this.#line(
      this.#terminal.colours.yellow('!'),
      'the app did not react and was ended; its runs go on where they were',
    )
  }

  stopped(report: DrainReport): void {
    this.#terminal.out(describeDrain(report))
  }

  note(text: string): void {
    this.#line(this.#terminal.colours.dim('·'), text)
  }

  #line(mark: string, text: string): void {
    const now = this.#clock.now()
    this.#terminal.out(`${this.#terminal.colours.dim(clockTime(now, now))}  ${mark} ${text}`)
  }

  /** What belongs to the line above. */
  #below(text: string): void {
    const { out, colours, columns } = this.#terminal
    for (const part of wrap(visible(text), columns, '            ')) out(colours.dim(part))
  }

  #frame(at: string | null): void {
    const place = at === null ? null : placeFrom(at)
    if (place === null) return
    for (const part of codeFrame(place, this.#terminal.colours, this.#terminal.columns)) this.#terminal.out(part)
  }
}

function lineOf(place: string): string {
  return place.split(':', 2).join(':')
}

/** For programs: one JSON object per line. */
export function createJsonReport(terminal: Terminal): Report {
  const say = (happened: string, facts: object = {}): void => terminal.out(JSON.stringify({ happened, ...facts }))
  return {
    ready: (typed) => say('ready', { typed }),
    broken: (error, goesOn) =>
      say('broken', {
        code: TenonError.is(error) ? error.code : 'INTERNAL',
        message: messageOf(error),
        place: error instanceof ProcessProblem ? error.place : null,
        goesOn,
      }),
    reloaded: (facts) => say('reloaded', facts),
    diverging: (facts) => say('diverging', facts),
    types: (mistakes, tookMs) => say('types', { mistakes, tookMs }),
    crashed: (words, restarts) => say('crashed', { words, restarts }),
    stuck: () => say('stuck'),
    stopped: (report) => say('stopped', report),
    note: (text) => say('note', { text }),
  }
}
