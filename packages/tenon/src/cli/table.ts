import { padEnd, widthOf, type Terminal } from './terminal.ts'

/** Rows under their titles; cells that no longer fit on a line are left out. */
export function table(
  titles: readonly string[],
  rows: readonly (readonly string[])[],
  { out, colours, columns }: Terminal,
): void {
  const widths = titles.map((title, column) => Math.max(title.length, ...rows.map((row) => widthOf(row[column] ?? ''))))
  out(colours.dim(line(titles, widths)))
  for (const row of rows) out(line(row, widths, columns))
}

function line(cells: readonly string[], widths: readonly number[], columns = Infinity): string {
  let text = ''
  for (const [index, cell] of cells.entries()) {
    if (widthOf(text) + widthOf(cell) + 2 > columns) break
    text += `${padEnd(cell, widths[index] ?? 0)}  `
  }
  return text.trimEnd()
}
