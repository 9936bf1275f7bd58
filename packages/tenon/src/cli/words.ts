import { readableDuration } from '../base/duration.ts'
import type { RunStatus } from '../journal/journal.ts'
import type { Colours } from './terminal.ts'

/** The end of a run's id: its beginning is time and alike for runs of one moment. */
export function shortId(run: string): string {
  return run.length > 8 ? run.slice(-8) : run
}

const marks: Readonly<Record<RunStatus, readonly [string, (colours: Colours) => (text: string) => string]>> = {
  ready: ['▸', (colours) => colours.blue],
  queued: ['≡', (colours) => colours.gray],
  waiting: ['◷', (colours) => colours.cyan],
  parked: ['‖', (colours) => colours.yellow],
  completed: ['✓', (colours) => colours.green],
  failed: ['✗', (colours) => colours.red],
  cancelled: ['⊘', (colours) => colours.gray],
}

export const runStatuses: readonly string[] = Object.keys(marks)

export function statusMark(status: RunStatus, colours: Colours): string {
  const [mark, colour] = marks[status]
  return colour(colours)(mark)
}

export function statusWord(status: RunStatus, colours: Colours): string {
  return marks[status][1](colours)(status)
}

/** `14:03:22`, with the day before it when that is not today. */
export function clockTime(at: number, now: number): string {
  const date = new Date(at)
  const time = date.toTimeString().slice(0, 8)
  if (date.toDateString() === new Date(now).toDateString()) return time
  const day = `${date.getDate()} ${date.toLocaleString('en', { month: 'short' })}`
  return date.getFullYear() === new Date(now).getFullYear() ? `${day} ${time}` : `${day} ${date.getFullYear()} ${time}`
}

const minute = 60_000
const hour = 60 * minute
const day = 24 * hour

/** `14 d`, `2.1 s`, `42 ms`: one or two units, no zero ones. */
export function length(ms: number): string {
  const precision = ms >= day ? hour : ms >= hour ? minute : ms >= minute ? 1000 : 1
  return readableDuration(Math.max(0, Math.round(ms / precision) * precision)).replace(/\.0 s$/, ' s')
}

export function count(number: number, one: string, many = `${one}s`): string {
  return `${number} ${number === 1 ? one : many}`
}

/** A step as a person reads it: the first of several equal ones needs no number, and that a wait is a wait shows. */
export function stepName(name: string): string {
  return name.replaceAll(/\bwaitFor\./g, '').replaceAll(/#1\b/g, '')
}
