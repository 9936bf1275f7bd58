import type { Clock } from '../base/clock.ts'
import type { Happening } from '../engine/engine.ts'
import { visible } from '../telemetry/log.ts'
import { remedyFor } from './remedy.ts'
import { padEnd, padStart, shorten, widthOf, wrap, type Terminal } from './terminal.ts'
import { clockTime, length, shortId, stepName } from './words.ts'

/** Tells live what happens to the runs, a line for each thing; under load it counts instead. */
export interface Narrator {
  readonly hear: (happening: Happening) => void
  /** What it would make something of: under load, only what it counts. */
  readonly wants: (name: Happening['name']) => boolean
  stop(): void
}

/** More lines than this within a second say nothing to a person any more. */
const linesPerSecond = 40
const remembered = 500
const counted: ReadonlySet<Happening['name']> = new Set(['run.started', 'run.completed', 'run.failed', 'run.parked'])

interface Known {
  readonly paint: (text: string) => string
  isUndone: boolean
}

export function createNarrator(terminal: Terminal, clock: Clock): Narrator {
  const { colours } = terminal
  const palette = [colours.cyan, colours.magenta, colours.blue, colours.yellow, colours.green]
  const runs = new Map<string, Known>()
  const triggers = new Map<string, string>()
  const pace = createPace(terminal, clock)
  let seen = 0

  function knownRun(run: string): Known {
    let known = runs.get(run)
    if (known === undefined) {
      known = { paint: palette[seen % palette.length] ?? colours.cyan, isUndone: false }
      seen += 1
      runs.set(run, known)
      forgetOldest(runs)
    }
    return known
  }

  const headOf = (id: string, paint: Known['paint']): string =>
    `${colours.dim(clockTime(clock.now(), clock.now()))}  ${paint(id.padEnd(idColumns))}`

  function hear(happening: Happening): void {
    pace.count(happening.name)
    if (happening.name === 'event.accepted') {
      for (const run of happening.runs) triggers.set(run, happening.type)
      forgetOldest(triggers)
      return
    }
    if (pace.isBusy) return
    if (!('run' in happening)) {
      for (const line of layOut(tellFlow(happening), headOf('', colours.dim), terminal)) pace.line(line)
      return
    }
    const { run } = happening
    const known = knownRun(run)
    if (happening.name === 'run.undone') known.isUndone = true
    const told = tell(happening, { trigger: triggers.get(run), isUndone: known.isUndone })
    if (told === null) return
    for (const line of layOut(told, headOf(shortId(run), known.paint), terminal)) pace.line(line)
    if (told.isEnd) runs.delete(run)
  }

  return { hear, wants: (name) => !pace.isBusy || counted.has(name), stop: () => pace.stop() }
}

const idColumns = 8
/** Before the name: the time, the run and the mark. */
const headColumns = 8 + 2 + idColumns + 4
const tookColumns = 8
const mostDetailLines = 3
/** With less room than this beside the columns, what needs more than one line stands below. */
const leastBeside = 30

/** One thing in its columns: time, run, what, how long, and what there is to say about it; what to do is below. */
function layOut(told: Told, head: string, { columns, colours }: Terminal): string[] {
  const nameColumns = Math.max(22, Math.min(34, columns - headColumns - tookColumns - 42))
  const paint = colours[told.colour]
  const name = shorten(visible(told.what), nameColumns)
  const took = told.took === undefined ? ' '.repeat(tookColumns) : padStart(colours.dim(told.took), tookColumns)
  const row = `${head}  ${paint(told.mark)} ${padEnd(told.isPlain ? name : paint(name), nameColumns)}${took}`
  const below = ' '.repeat(headColumns)
  const beside = ' '.repeat(headColumns + nameColumns + tookColumns + 2)
  const room = columns - 1 - beside.length
  const isNarrow = room < leastBeside && widthOf(visible(told.detail ?? '')) > room
  const detail = detailLines(told.detail ?? '', columns, isNarrow ? below : beside)
  const tint = told.colour === 'red' || told.colour === 'yellow' ? paint : colours.dim
  const [first = '', ...rest] = isNarrow ? ['', ...detail] : detail
  return [
    `${row}${first === '' ? '' : `  ${tint(first.trimStart())}`}`.trimEnd(),
    ...rest.map(tint),
    ...(told.remedy === undefined ? [] : wrap(`→ ${told.remedy}`, columns, below)),
  ]
}

function detailLines(detail: string, columns: number, indent: string): string[] {
  const lines = wrap(visible(detail).replaceAll(/\s+/g, ' '), columns - 1, indent)
  const shown = lines.slice(0, mostDetailLines)
  return lines.length <= mostDetailLines ? shown : [...shown.slice(0, -1), `${shown.at(-1)}…`]
}

interface Told {
  readonly mark: string
  readonly colour: 'blue' | 'cyan' | 'green' | 'red' | 'yellow' | 'gray'
  readonly what: string
  readonly took?: string
  readonly detail?: string
  /** What to do, with the whole command line. */
  readonly remedy?: string
  /** Only the mark has its colour: it is as it should be. */
  readonly isPlain?: true
  readonly isEnd?: true
}

function tell(
  happening: Extract<Happening, { run: string }>,
  { trigger, isUndone }: { readonly trigger: string | undefined; readonly isUndone: boolean },
): Told | null {
  switch (happening.name) {
    case 'run.started': {
      const what = `${happening.flow}${happening.key === null ? '' : ` ${happening.key}`}`
      return { mark: '▸', colour: 'blue', what, ...(trigger !== undefined && { detail: `by ${trigger}` }) }
    }
    case 'step.completed':
      return tellStep(happening)
    case 'step.failed':
      return tellFailedStep(happening)
    case 'run.waited': {
      const what = stepName(happening.for)
      const limit = happening.until === null ? '' : length(happening.until - happening.at)
      const detail = /^sleep(#\d+)?$/.test(what) ? `for ${limit}` : `waits${limit === '' ? '' : `, at most ${limit}`}`
      return { mark: '◷', colour: 'cyan', what, detail }
    }
    case 'run.parked':
      return {
        mark: '‖',
        colour: 'yellow',
        what: happening.flow,
        detail: `needs a person: ${happening.message}`,
        remedy: remedyFor(happening, false),
      }
    case 'run.undone':
      return { mark: '↶', colour: 'yellow', what: happening.flow, detail: 'its effects were taken back' }
    case 'run.completed':
      return { ...ended(happening), mark: '✓', colour: 'green', detail: 'completed' }
    case 'run.cancelled':
      return { ...ended(happening), mark: '⊘', colour: 'gray', detail: 'cancelled' }
    case 'run.failed':
      return {
        ...ended(happening),
        mark: '✗',
        colour: 'red',
        detail: `failed: ${happening.message}`,
        remedy: remedyFor(happening, isUndone),
      }
    default:
      return null
  }
}

function tellFlow({ name, flow }: Extract<Happening, { name: 'flow.paused' | 'flow.resumed' }>): Told {
  return name === 'flow.paused'
    ? { mark: '‖', colour: 'yellow', what: flow, detail: 'paused: its events are kept, and their runs wait' }
    : { mark: '▸', colour: 'blue', what: flow, detail: 'goes on' }
}

function ended({ flow, tookMs }: { readonly flow: string; readonly tookMs: number }) {
  return { what: flow, took: length(tookMs), isEnd: true } as const
}

function tellStep({ step, attempt, tookMs }: Extract<Happening, { name: 'step.completed' }>): Told | null {
  // That a pause is over shows in what comes next.
  if (/^sleep#\d+$/.test(step)) return null
  const took = length(tookMs)
  return {
    mark: '✓',
    colour: 'green',
    what: stepName(step),
    took,
    isPlain: true,
    ...(attempt > 1 && { detail: `at try ${attempt}` }),
  }
}

function tellFailedStep({ step, attempt, message, retryInMs }: Extract<Happening, { name: 'step.failed' }>): Told {
  const name = stepName(step)
  const reason = message.startsWith(`${name}: `) ? message.slice(name.length + 2) : message
  const isLast = retryInMs === null
  const tries = isLast && attempt === 1 ? '' : `try ${attempt}: `
  return {
    mark: isLast ? '✗' : '↻',
    colour: isLast ? 'red' : 'yellow',
    what: name,
    detail: `${tries}${reason}${isLast ? '' : `; again in ${length(retryInMs)}`}`,
  }
}

function forgetOldest(map: Map<string, unknown>): void {
  if (map.size <= remembered) return
  const [oldest] = map.keys()
  if (oldest !== undefined) map.delete(oldest)
}

/** Lets lines through while a person can read them; beyond that, one line a second with figures. */
function createPace(terminal: Terminal, clock: Clock) {
  const counts = new Map<string, number>()
  let lines = 0
  let isBusy = false
  let cancel: (() => void) | null = null
  const tick = (): void => {
    cancel = null
    if (isBusy) {
      const figures = [...counted].flatMap((name) => {
        const number = counts.get(name) ?? 0
        return number === 0 ? [] : [`${number} ${name.slice(4)}`]
      })
      terminal.out(
        terminal.colours.dim(
          `${clockTime(clock.now(), clock.now())}  … ${figures.length === 0 ? 'busy' : figures.join(', ')} in the last second`,
        ),
      )
    }
    isBusy = isBusy && [...counts.values()].reduce((sum, number) => sum + number, 0) > linesPerSecond
    lines = 0
    counts.clear()
    if (isBusy) cancel = clock.after(1000, tick)
  }
  return {
    get isBusy() {
      return isBusy
    },
    count(name: string) {
      counts.set(name, (counts.get(name) ?? 0) + 1)
      cancel ??= clock.after(1000, tick)
    },
    line(text: string) {
      lines += 1
      if (lines > linesPerSecond) isBusy = true
      else terminal.out(text)
    },
    stop: () => cancel?.(),
  }
}
