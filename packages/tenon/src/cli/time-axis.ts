/** A stretch of time in which something ran. */
export interface Span {
  readonly from: number
  readonly to: number
}

/** An idle stretch that is drawn shorter than it was. */
export interface Fold {
  readonly from: number
  readonly to: number
  readonly column: number
  readonly columns: number
}

/** Time on a line of characters. Long idle stretches are folded, so that a wait of days leaves room for the milliseconds around it. */
export interface TimeAxis {
  /** In half characters from the left. */
  readonly at: (time: number) => number
  readonly folds: readonly Fold[]
  readonly columns: number
}

/** The share of the line that one idle stretch may take. */
const idleShare = 0.14

export function createTimeAxis(whole: Span, busy: readonly Span[], columns: number): TimeAxis {
  const pieces = piecesOf(whole, busy)
  const busyMs = pieces.reduce((sum, piece) => sum + (piece.isIdle ? 0 : piece.to - piece.from), 0)
  const idleCap = Math.max(1, (busyMs === 0 ? whole.to - whole.from : busyMs) * (idleShare / (1 - idleShare)))
  const drawn = pieces.map((piece) => ({
    ...piece,
    weight: piece.isIdle ? Math.min(piece.to - piece.from, idleCap) : piece.to - piece.from,
  }))
  const total = Math.max(
    1e-9,
    drawn.reduce((sum, { weight }) => sum + weight, 0),
  )
  const halves = columns * 2
  let used = 0
  const placed = drawn.map((piece) => {
    const start = (used / total) * halves
    used += piece.weight
    return { ...piece, start, end: (used / total) * halves }
  })
  return {
    columns,
    at: (time) => {
      const piece = placed.find(({ to }) => time <= to) ?? placed.at(-1)
      if (piece === undefined) return 0
      const share =
        piece.to === piece.from
          ? 0
          : (Math.min(Math.max(time, piece.from), piece.to) - piece.from) / (piece.to - piece.from)
      return piece.start + share * (piece.end - piece.start)
    },
    folds: placed
      .filter(({ isIdle, weight, from, to }) => isIdle && to - from > weight * 1.5)
      .map(({ from, to, start, end }) => ({
        from,
        to,
        column: Math.round(start / 2),
        columns: Math.max(1, Math.round((end - start) / 2)),
      })),
  }
}

interface Piece extends Span {
  readonly isIdle: boolean
}

function piecesOf(whole: Span, busy: readonly Span[]): Piece[] {
  const pieces: Piece[] = []
  let position = whole.from
  for (const span of busy.toSorted((left, right) => left.from - right.from)) {
    const from = Math.max(span.from, position)
    const to = Math.min(Math.max(span.to, from), whole.to)
    if (from > position) pieces.push({ from: position, to: from, isIdle: true })
    if (to > from) pieces.push({ from, to, isIdle: false })
    position = Math.max(position, to)
  }
  if (whole.to > position) pieces.push({ from: position, to: whole.to, isIdle: true })
  return pieces
}

/** A bar of that span, one text per character cell, half a cell exact. */
export function bar(axis: TimeAxis, span: Span): { readonly start: number; readonly text: string } {
  const from = Math.min(Math.floor(axis.at(span.from)), axis.columns * 2 - 1)
  const to = Math.min(Math.max(Math.round(axis.at(span.to)), from + 1), axis.columns * 2)
  const start = Math.floor(from / 2)
  const end = Math.ceil(to / 2)
  if (end - start === 1) return { start, text: to - from === 2 ? '█' : from % 2 === 0 ? '▌' : '▐' }
  const first = from % 2 === 1 ? '▐' : '█'
  const last = to % 2 === 1 ? '▌' : '█'
  return { start, text: first + '█'.repeat(Math.max(0, end - start - 2)) + last }
}
