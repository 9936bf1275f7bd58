import type { EntryRow, NewEntry } from './journal.ts'

/** The entries of one append as one text: a row costs more than its bytes. Each is a line of lengths, then its parts, unquoted. */
export function pack(entries: readonly NewEntry[]): string {
  let text = ''
  for (const { at, format, kind, step, body } of entries) {
    text += `${at} ${format} ${kind.length} ${step === null ? '-' : step.length} ${body.length}\n${kind}${step ?? ''}${body}`
  }
  return text
}

/** `lastSeq` is the sequence of the last entry of the text. */
export function unpack(text: string, lastSeq: number): EntryRow[] {
  const entries: Omit<EntryRow, 'seq'>[] = []
  let position = 0
  const next = (length: number): string => text.slice(position, (position += length))
  while (position < text.length) {
    const line = text.slice(position, text.indexOf('\n', position))
    position += line.length + 1
    const [at, format, kind, step, body] = line.split(' ') as [string, string, string, string, string]
    entries.push({
      at: Number(at),
      format: Number(format),
      kind: next(Number(kind)),
      step: step === '-' ? null : next(Number(step)),
      body: next(Number(body)),
    })
  }
  const firstSeq = lastSeq - entries.length + 1
  return entries.map((entry, index) => ({ seq: firstSeq + index, ...entry }))
}
