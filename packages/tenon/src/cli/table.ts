import { padEnd, widthOf, type Colours, type Terminal } from './terminal.ts'

type Rows = readonly (readonly string[])[]

/** Rows under their titles; cells that no longer fit on a line are left out. */
export function table(titles: readonly string[], rows: Rows, { out, colours, columns }: Terminal): void {
  for (const text of tableLines(titles, rows, colours, columns)) out(text)
}

/** The same as lines: the titles first, then one for each row. */
export function tableLines(
  titles: readonly string[],
  rows: Rows,
  colours: Colours,
  columns: number = Infinity,
): readonly [string, ...string[]] {
  const widths = titles.map((title, column) => Math.max(title.length, ...rows.map((row) => widthOf(row[column] ?? ''))))
  return [colours.dim(line(titles, widths)), ...rows.map((row) => line(row, widths, columns))]
}

function line(cells: readonly string[], widths: readonly number[], columns = Infinity): string {
  let text = ''
  for (const [index, cell] of cells.entries()) {
    if (widthOf(text) + widthOf(cell) + 2 > columns) break
    text += `${padEnd(cell, widths[index] ?? 0)}  `
  }
  return text.trimEnd()
}
