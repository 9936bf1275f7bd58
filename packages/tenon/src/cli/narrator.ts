import type { Clock } from '../base/clock.ts'
import type { Happening } from '../engine/engine.ts'
import { visible } from '../telemetry/log.ts'
import { wrap, type Terminal } from './terminal.ts'
import { clockTime, length, shortId, stepName } from './words.ts'

/** Tells live what happens to the runs, a few lines for each; under load it counts instead. */
export interface Narrator {
  readonly hear: (happening: Happening) => void
  /** What it would make something of: under load, only what it counts. */
  readonly wants: (name: Happening['name']) => boolean
  stop(): void
}

const indent = ' '.repeat(22)
const gatherMs = 250
/** More lines than this within a second say nothing to a person any more. */
const linesPerSecond = 40
const remembered = 500
const counted: ReadonlySet<Happening['name']> = new Set(['run.started', 'run.completed', 'run.failed', 'run.parked'])

interface Known {
  readonly paint: (text: string) => string
  steps: string[]
  flush: (() => void) | null
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
      known = { paint: palette[seen % palette.length] ?? colours.cyan, steps: [], flush: null }
      seen += 1
      runs.set(run, known)
      forgetOldest(runs)
    }
    return known
  }

  function say(run: string, known: Known, mark: string, text: string): void {
    const [first = '', ...rest] = wrap(visible(text), terminal.columns, indent)
    pace.line(
      `${colours.dim(clockTime(clock.now(), clock.now()))}  ${known.paint(shortId(run))}  ${mark} ${first.trimStart()}`,
    )
    for (const line of rest.slice(0, 2)) pace.line(line)
  }

  /** Steps that end close together go on one line. */
  function flush(run: string, known: Known): void {
    known.flush?.()
    known.flush = null
    if (known.steps.length > 0) say(run, known, colours.green('✓'), known.steps.join(' · '))
    known.steps = []
  }

  function hear(happening: Happening): void {
    pace.count(happening.name)
    if (happening.name === 'event.accepted') {
      for (const run of happening.runs) triggers.set(run, happening.type)
      forgetOldest(triggers)
      return
    }
    if (pace.isBusy || !('run' in happening)) return
    const { run } = happening
    const known = knownRun(run)
    if (happening.name === 'step.completed') {
      // That a pause is over shows in what comes next.
      if (/^sleep#\d+$/.test(happening.step)) return
      known.steps.push(
        `${stepName(happening.step)} ${length(happening.tookMs)}${happening.attempt > 1 ? ` (try ${happening.attempt})` : ''}`,
      )
      known.flush ??= clock.after(gatherMs, () => flush(run, known))
      return
    }
    const told = tell(happening, triggers.get(run))
    if (told === null) return
    flush(run, known)
    say(run, known, colours[told.colour](told.mark), told.text)
    if (told.isEnd) runs.delete(run)
  }

  return { hear, wants: (name) => !pace.isBusy || counted.has(name), stop: () => pace.stop() }
}

interface Told {
  readonly mark: string
  readonly colour: 'blue' | 'cyan' | 'green' | 'red' | 'yellow' | 'gray'
  readonly text: string
  readonly isEnd?: true
}

function tell(
  happening: Exclude<Happening, { name: 'event.accepted' | 'step.completed' | 'flow.paused' | 'flow.resumed' }>,
  trigger: string | undefined,
): Told | null {
  switch (happening.name) {
    case 'run.started':
      return {
        mark: '▸',
        colour: 'blue',
        text: `${happening.flow}${happening.key === null ? '' : ` ${happening.key}`}${trigger === undefined ? '' : `, by ${trigger}`}`,
      }
    case 'run.waited':
      return {
        mark: '◷',
        colour: 'cyan',
        text: `waits for ${stepName(happening.for)}${happening.until === null ? '' : `, at most ${length(happening.until - happening.at)}`}`,
      }
    case 'step.failed': {
      const name = stepName(happening.step)
      const what = happening.message.startsWith(name) ? happening.message : `${name}: ${happening.message}`
      const again = happening.retryInMs === null ? '' : `; again in ${length(happening.retryInMs)}`
      return { mark: '✗', colour: 'red', text: `${what}${again}` }
    }
    case 'run.parked':
      return { mark: '‖', colour: 'yellow', text: `needs a person: ${happening.message}` }
    case 'run.undone':
      return { mark: '↶', colour: 'yellow', text: 'its effects were taken back' }
    case 'run.completed':
      return {
        mark: '✓',
        colour: 'green',
        text: `${happening.flow} completed in ${length(happening.tookMs)}`,
        isEnd: true,
      }
    case 'run.cancelled':
      return { mark: '⊘', colour: 'gray', text: `${happening.flow} cancelled`, isEnd: true }
    case 'run.failed':
      return { mark: '✗', colour: 'red', text: `${happening.flow} failed: ${happening.message}`, isEnd: true }
    default:
      return null
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
