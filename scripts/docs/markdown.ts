/** One cell: nothing in it may end the cell, the line, or be read as a tag. */
export function cell(text: string): string {
  return text
    .replaceAll('|', String.raw`\|`)
    .replaceAll(/\s*\n\s*/g, ' ')
    .replaceAll('<', '&lt;')
}

export function code(text: string): string {
  return `\`${text.replaceAll(/\s+/g, ' ').replaceAll('|', String.raw`\|`)}\``
}

/** Columns in which nothing stands are left out. */
export function table(heads: readonly string[], all: readonly (readonly string[])[]): string {
  if (all.length === 0) return ''
  const isUsed = (_: string, column: number): boolean => all.some((row) => (row[column] ?? '') !== '')
  const [head, rows] = [heads.filter(isUsed), all.map((row) => row.filter(isUsed))]
  const line = (cells: readonly string[]): string => `| ${cells.join(' | ')} |`
  return `${[line(head), line(head.map(() => '---')), ...rows.map(line)].join('\n')}\n`
}

/** A page of these parts, the empty ones left out. */
export function page(...parts: readonly string[]): string {
  return `${parts
    .map((part) => part.trim())
    .filter((part) => part !== '')
    .join('\n\n')}\n`
}
