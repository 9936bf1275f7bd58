import { scaleLinear } from 'd3-scale'
import { length } from '../../words/time.ts'

/** A stretch of time. */
export interface Span {
  readonly from: number
  readonly to: number
}

export interface Fold extends Span {
  /** Where it is drawn, in shares of the width. */
  readonly start: number
  readonly end: number
}

/** Time from left to right, in shares of the width. Long idle stretches are folded, so that a wait of days leaves room for the milliseconds around it. */
export interface TimeAxis {
  readonly at: (time: number) => number
  readonly folds: readonly Fold[]
  readonly ticks: (widthPx: number) => readonly Tick[]
}

export interface Tick {
  readonly at: number
  readonly text: string
}

/** Shorter idle stretches are drawn as long as they are. */
const foldFromMs = 250
/** The share of the width that one idle stretch may take. */
const idleShare = 0.14
const tickPx = 90

interface Piece extends Span {
  readonly isIdle: boolean
  readonly start: number
  readonly end: number
}

export function createTimeAxis(whole: Span, busy: readonly Span[]): TimeAxis {
  const pieces = place(whole, busy)
  const scale = scaleLinear()
    .domain([whole.from, ...pieces.map(({ to }) => to)])
    .range([0, ...pieces.map(({ end }) => end)])
    .clamp(true)
  const folds = pieces.filter(
    ({ isIdle, from, to, start, end }) => isIdle && isShortened({ from, to, start, end }, pieces),
  )
  return { at: scale, folds, ticks: (widthPx) => ticksOf(pieces, whole, widthPx, folds) }
}

function place(whole: Span, busy: readonly Span[]): Piece[] {
  const raw = cut(whole, busy)
  const busyMs = raw.reduce((sum, { isIdle, from, to }) => sum + (isIdle && to - from >= foldFromMs ? 0 : to - from), 0)
  const idleCap = Math.max(1, (busyMs === 0 ? whole.to - whole.from : busyMs) * (idleShare / (1 - idleShare)))
  const weights = raw.map(({ isIdle, from, to }) =>
    isIdle && to - from >= foldFromMs ? Math.min(to - from, idleCap) : to - from,
  )
  const total = Math.max(
    1e-9,
    weights.reduce((sum, weight) => sum + weight, 0),
  )
  let used = 0
  return raw.map((piece, index) => {
    const start = used / total
    used += weights[index] ?? 0
    return { ...piece, start, end: used / total }
  })
}

function cut(whole: Span, busy: readonly Span[]): (Span & { readonly isIdle: boolean })[] {
  const edges = [whole.from, ...joined(whole, busy).flatMap(({ from, to }) => [from, to]), whole.to]
  return edges
    .slice(1)
    .map((to, index) => ({ from: edges[index] ?? to, to, isIdle: index % 2 === 0 }))
    .filter(({ from, to }) => to > from)
}

/** Busy stretches within the whole, in their order; those that touch are one. */
function joined(whole: Span, busy: readonly Span[]): Span[] {
  const found: Span[] = []
  for (const one of busy.toSorted((left, right) => left.from - right.from)) {
    const span = { from: Math.max(whole.from, one.from), to: Math.min(whole.to, one.to) }
    const last = found.at(-1)
    if (last !== undefined && span.from <= last.to)
      found[found.length - 1] = { from: last.from, to: Math.max(last.to, span.to) }
    else if (span.to > span.from) found.push(span)
  }
  return found
}

/** Drawn at less than two thirds of the length that a busy stretch of the same time would have. */
function isShortened(fold: Fold, pieces: readonly Piece[]): boolean {
  const busy = pieces.find(({ isIdle }) => !isIdle)
  if (busy === undefined) return false
  const perMs = (busy.end - busy.start) / (busy.to - busy.from)
  return (fold.to - fold.from) * perMs > (fold.end - fold.start) * 1.5
}

/** Round times since the beginning, within each stretch that is wide enough for them. */
function ticksOf(pieces: readonly Piece[], whole: Span, widthPx: number, folds: readonly Fold[]): Tick[] {
  const isFold = (piece: Piece): boolean => folds.some(({ from }) => from === piece.from)
  const ticks: Tick[] = []
  for (const run of stretches(pieces, isFold)) {
    const room = Math.floor(((run.end - run.start) * widthPx) / tickPx)
    if (room < 1) continue
    const place = scaleLinear([run.from - whole.from, run.to - whole.from], [run.start, run.end])
    for (const time of place.ticks(room)) {
      const at = place(time)
      const last = ticks.at(-1)
      if ((last === undefined || (at - last.at) * widthPx > tickPx * 0.6) && (1 - at) * widthPx > 24)
        ticks.push({ at, text: time === 0 ? '0' : length(time) })
    }
  }
  return ticks
}

/** Neighbours between two folds, drawn to one scale, count as one. */
function stretches(pieces: readonly Piece[], isFold: (piece: Piece) => boolean): Fold[] {
  const found: Fold[] = []
  let open: Fold | null = null
  for (const piece of pieces) {
    if (isFold(piece)) {
      if (open !== null) found.push(open)
      open = null
    } else {
      const { from, start }: Pick<Fold, 'from' | 'start'> = open ?? piece
      open = { from, start, to: piece.to, end: piece.end }
    }
  }
  return open === null ? found : [...found, open]
}
