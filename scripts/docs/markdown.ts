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

export function table(head: readonly string[], rows: readonly (readonly string[])[]): string {
  if (rows.length === 0) return ''
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
