import type { AttemptView, RunView, StepView } from '../engine/view.ts'
import { padEnd, padStart, shorten, wrap, type Colours } from './terminal.ts'
import { bar, createTimeAxis, type Span, type TimeAxis } from './time-axis.ts'
import { visible } from '../telemetry/log.ts'
import { adviceFor } from './advice.ts'
import { clockTime, length, shortId, statusMark, statusWord, stepName } from './words.ts'

export interface Drawing {
  readonly columns: number
  readonly colours: Colours
  readonly now: number
  /** Whose it is, for the command lines. */
  readonly tenant?: string | undefined
}

interface Layout extends Drawing {
  readonly axis: TimeAxis
  readonly whole: Span
  readonly nameColumns: number
  readonly indent: string
}

const lengthColumns = 9
const widestBars = 96
const mostAttempts = 6

/** One run: its steps and their tries under each other, its time from left to right. */
export function drawRun(view: RunView, drawing: Drawing): string {
  const layout = layoutOf(view, drawing)
  const forward = view.steps.filter(({ isUndo }) => !isUndo)
  const undo = view.steps.filter(({ isUndo }) => isUndo)
  const lines = [...headOf(view, drawing), '']
  if (view.steps.length > 0) lines.push(axisLine(layout), ...forward.flatMap((step) => stepLines(step, layout)))
  if (undo.length > 0)
    lines.push(drawing.colours.dim('  taken back'), ...undo.flatMap((step) => stepLines(step, layout)))
  if (view.steps.length === 0) lines.push(drawing.colours.dim('  No step yet.'))
  const advice = adviceFor(view, drawing)
  return [...lines, ...(advice.length === 0 ? [] : ['', ...advice])].join('\n')
}

function headOf(view: RunView, { columns, colours, now }: Drawing): string[] {
  const state = `${statusMark(view.status, colours)} ${statusWord(view.status, colours)}`
  const version = view.version === 1 ? '' : colours.dim(` version ${view.version}`)
  const title = `${colours.bold(view.flow)}${version}  ${colours.dim(view.run.slice(0, -8))}${shortId(view.run)}`
  const took =
    view.endedAt === null ? `${length(now - view.createdAt)} so far` : `took ${length(view.endedAt - view.createdAt)}`
  const facts = [`started ${clockTime(view.createdAt, now)}`, took]
  if (view.key !== null) facts.push(`key ${view.key}`)
  const lines = [`${padEnd(title, Math.min(columns, 90) - 12)}${state}`, colours.dim(facts.join(' · '))]
  if (view.event !== null) lines.push(colours.dim(shorten(`by ${view.event.type} ${view.event.id}`, columns)))
  if (view.parent !== null) lines.push(colours.dim(`by ${view.parent.step} of run ${shortId(view.parent.run)}`))
  if (view.linked !== null) lines.push(colours.dim(`started anew from run ${shortId(view.linked)}`))
  if (view.waitsFor !== null && view.status !== 'parked') {
    // The time is told in the reader's own way.
    const what = view.waitsFor.replace(/ until \S+$/, '')
    const until =
      view.wakeAt === null ? '' : `, until ${clockTime(view.wakeAt, now)} (${length(view.wakeAt - now)} from now)`
    lines.push(...wrap(`waits for ${stepName(what)}${until}`, columns, '').map((line) => colours.cyan(line)))
  }
  return lines
}

function layoutOf(view: RunView, drawing: Drawing): Layout {
  const longest = Math.max(12, ...view.steps.map((step) => stepName(step.name).length))
  const nameColumns = Math.min(longest, drawing.columns < 100 ? 26 : 40)
  const indent = '  '
  const bars = drawing.columns - indent.length - 2 - nameColumns - lengthColumns - 2
  const end = Math.max(...view.steps.map((step) => endOf(step, drawing.now)), view.endedAt ?? view.createdAt)
  const begin = Math.min(view.createdAt, ...view.steps.map(({ startedAt }) => startedAt))
  const whole = { from: begin, to: Math.max(end, begin + 1) }
  const axis = createTimeAxis(whole, busySpans(view, drawing.now), Math.max(10, Math.min(bars, widestBars)))
  return { ...drawing, axis, whole, nameColumns, indent }
}

function busySpans(view: RunView, now: number): Span[] {
  return view.steps.flatMap((step) => {
    if (step.kind === 'wait' || step.kind === 'sleep' || step.kind === 'child-result') return []
    if (step.attempts.length === 0) return [{ from: step.startedAt, to: endOf(step, now) }]
    return step.attempts.map((attempt) => ({ from: attempt.startedAt, to: attemptEnd(attempt, step, now) }))
  })
}

function endOf(step: StepView, now: number): number {
  return step.endedAt ?? (step.state === 'unknown' ? (step.attempts.at(-1)?.endedAt ?? step.startedAt) : now)
}

function attemptEnd(attempt: AttemptView, step: StepView, now: number): number {
  if (attempt.endedAt !== null) return attempt.endedAt
  return attempt === step.attempts.at(-1) ? endOf(step, now) : attempt.startedAt
}

/** `0` at the left, the whole at the right, and the length of each stretch that is drawn shorter. */
function axisLine(layout: Layout): string {
  const { axis, whole, colours } = layout
  const cells = Array.from({ length: axis.columns }, () => '╌')
  const put = (column: number, text: string): void => {
    for (const [index, char] of Array.from(text).entries())
      if (column + index < cells.length) cells[column + index] = char
  }
  const total = ` ${length(whole.to - whole.from)}`
  for (const fold of axis.folds) {
    const label = ` ${length(fold.to - fold.from)} `
    const isRoomy = label.length <= fold.columns && fold.column + label.length < axis.columns - total.length
    put(
      fold.column,
      isRoomy
        ? label.padStart(Math.floor((fold.columns + label.length) / 2), '┄').padEnd(fold.columns, '┄')
        : '┄'.repeat(fold.columns),
    )
  }
  put(0, '0 ')
  put(axis.columns - total.length, total)
  return `${layout.indent}  ${' '.repeat(layout.nameColumns + lengthColumns + 2)}${colours.dim(cells.join(''))}`
}

type Paint = (text: string) => string

/** Characters with a colour each; what is painted later covers what was there. */
class Strip {
  readonly #cells: { text: string; paint: Paint | null }[]

  constructor(columns: number) {
    this.#cells = Array.from({ length: columns }, () => ({ text: ' ', paint: null }))
  }

  put(start: number, text: string, paint: Paint): void {
    for (const [index, char] of Array.from(text).entries()) {
      if (start + index < this.#cells.length) this.#cells[start + index] = { text: char, paint }
    }
  }

  /** Columns up to the last that is painted. */
  get used(): number {
    return this.#cells.findLastIndex(({ paint }) => paint !== null) + 1
  }

  toString(): string {
    let text = ''
    const cells = this.#cells.slice(0, this.used)
    for (let from = 0; from < cells.length;) {
      const paint = cells[from]?.paint ?? null
      let to = from
      while (to < cells.length && cells[to]?.paint === paint) to += 1
      const piece = cells
        .slice(from, to)
        .map((cell) => cell.text)
        .join('')
      text += paint === null ? piece : paint(piece)
      from = to
    }
    return text
  }
}

const stepMarks = { running: '▸', waiting: '◷', completed: '✓', failed: '✗', unknown: '?' } as const

function colourOf(state: StepView['state'], colours: Colours): Paint {
  switch (state) {
    case 'completed':
      return colours.green
    case 'failed':
      return colours.red
    case 'unknown':
      return colours.yellow
    case 'waiting':
      return colours.cyan
    default:
      return colours.blue
  }
}

function stepLines(step: StepView, layout: Layout): string[] {
  const { colours, now, axis } = layout
  const paint = colourOf(step.state, colours)
  const strip = new Strip(axis.columns)
  const span = { from: step.startedAt, to: endOf(step, now) }
  const rests = step.kind === 'wait' || step.kind === 'sleep' || step.kind === 'child-result'
  if (rests) strip.put(...dotted(axis, span), step.state === 'completed' ? colours.dim : paint)
  else if (step.attempts.length === 0) putBar(strip, axis, span, paint)
  else drawAttempts(strip, step, layout)
  const took = step.state === 'unknown' ? 'unknown' : length(span.to - span.from)
  const line = row(layout, {
    mark: paint(stepMarks[step.state]),
    name: shorten(stepName(step.name), layout.nameColumns),
    took,
    strip,
  })
  const tries = [...attemptLines(step, layout), ...decisionLines(step, layout), ...turnLines(step, layout)]
  const isToldByTry = tries.length > 0 && step.attempts.at(-1)?.error?.message === step.error?.message
  if (step.error === null || isToldByTry) return [line, ...tries]
  return [...withError(line, step.error.message, layout, strip), ...tries]
}

function putBar(strip: Strip, axis: TimeAxis, span: Span, paint: Paint): void {
  const { start, text } = bar(axis, span)
  strip.put(start, text, paint)
}

function dotted(axis: TimeAxis, span: Span): [number, string] {
  const { start, text } = bar(axis, span)
  return [start, '┄'.repeat(text.length)]
}

function drawAttempts(strip: Strip, step: StepView, { axis, colours, now }: Layout): void {
  const last = step.attempts.at(-1)
  if (step.attempts.length > 1 || (last !== undefined && last.retryAt !== null))
    strip.put(...dotted(axis, { from: step.startedAt, to: endOf(step, now) }), colours.dim)
  for (const attempt of step.attempts) {
    putBar(
      strip,
      axis,
      { from: attempt.startedAt, to: attemptEnd(attempt, step, now) },
      attempt.error === null ? colourOf(step.state, colours) : colours.red,
    )
  }
}

/** Tries are shown only where there was more than one, or where the one did not succeed. */
function attemptLines(step: StepView, layout: Layout): string[] {
  const { colours, axis, now, nameColumns } = layout
  const isPlain = step.attempts.length === 0 || (step.attempts.length === 1 && step.attempts[0]?.error === null)
  if (isPlain || (step.attempts.length === 1 && step.attempts[0]?.retryAt === null)) return []
  const left = step.attempts.length - mostAttempts
  const shown = left > 0 ? [...step.attempts.slice(0, 2), ...step.attempts.slice(-(mostAttempts - 2))] : step.attempts
  return shown.flatMap((attempt, index) => {
    const end = attemptEnd(attempt, step, now)
    const strip = new Strip(axis.columns)
    const paint = attempt.error === null ? colourOf(step.state, colours) : colours.red
    putBar(strip, axis, { from: attempt.startedAt, to: end }, paint)
    const name = padEnd(colours.dim(`  try ${attempt.number}`), nameColumns)
    const line = row(layout, { mark: ' ', name, took: length(end - attempt.startedAt), strip })
    const lines = attempt.error === null ? [line] : withError(line, errorText(attempt), layout, strip)
    return left > 0 && index === 2 ? [`${layout.indent}    ${colours.dim(`  … ${left} more tries`)}`, ...lines] : lines
  })
}

const decisions = {
  happened: 'it took effect',
  'did-not-happen': 'it did not take effect',
  retry: 'send it again',
} as const

function decisionLines({ decision }: StepView, { columns, colours, indent }: Layout): string[] {
  if (decision === null) return []
  const text = visible(`${decision.by} decided: ${decisions[decision.kind]}`)
  return wrap(text, columns, `${indent}      `).map((part) => colours.yellow(part))
}

function errorText({ error, retryAt, endedAt }: AttemptView): string {
  if (error === null) return ''
  if (retryAt === null) return error.message
  return `${error.message}; again ${endedAt === null ? 'soon' : `after ${length(retryAt - endedAt)}`}`
}

function turnLines({ postponed }: StepView, { columns, colours, indent }: Layout): string[] {
  if (postponed === null) return []
  const text = visible(
    `waits for its turn until ${new Date(postponed.until).toISOString()}: ${postponed.reason.message}`,
  )
  return wrap(text, columns, `${indent}      `).map((part) => colours.yellow(part))
}

/** The error beside the bar where there is room, else below it. */
function withError(
  line: string,
  message: string,
  { columns, colours, indent, nameColumns }: Layout,
  strip: Strip,
): string[] {
  const text = visible(message.replaceAll(/\s+/g, ' '))
  const used = indent.length + 2 + nameColumns + lengthColumns + 2 + strip.used
  if (used + 2 + text.length <= columns) return [`${line}  ${colours.red(text)}`]
  return [
    line,
    ...wrap(text, columns, `${indent}      `)
      .slice(0, 3)
      .map((part) => colours.red(part)),
  ]
}

interface Row {
  readonly mark: string
  readonly name: string
  readonly took: string
  readonly strip: Strip
}

function row({ indent, nameColumns, colours }: Layout, { mark, name, took, strip }: Row): string {
  return `${indent}${mark} ${padEnd(name, nameColumns)}${padStart(colours.dim(took), lengthColumns)}  ${strip.toString()}`.trimEnd()
}
