// What a person reads while a measurement goes on.
export function say(text: string): void {
  process.stdout.write(`${text}\n`)
}

type Row = Readonly<Record<string, string>>

/** Columns as wide as their widest cell; text left, numbers right. */
export function table(rows: readonly Row[]): void {
  const [head] = rows
  if (head === undefined) return
  const columns = Object.keys(head)
  const widths = columns.map((column) => Math.max(column.length, ...rows.map((row) => row[column]?.length ?? 0)))
  const line = (cells: readonly string[]) =>
    cells
      .map((cell, at) => (/^[\d.,-]/.test(cell) ? cell.padStart(widths[at]!) : cell.padEnd(widths[at]!)))
      .join('  ')
      .trimEnd()
  say(line(columns))
  for (const row of rows) say(line(columns.map((column) => row[column] ?? '')))
}

/** One line of a table that grows while it is measured. */
export function line(name: string, figures: Readonly<Record<string, string | number>>): void {
  say(
    `  ${name.padEnd(22)}${Object.entries(figures)
      .map(([figure, value]) => `${`${figure} ${value}`.padEnd(16)}  `)
      .join('')}`.trimEnd(),
  )
}
