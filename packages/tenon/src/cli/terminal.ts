import picocolors from 'picocolors'

export type Colours = ReturnType<typeof picocolors.createColors>

/** Where a command writes. */
export interface Terminal {
  readonly columns: number
  readonly colours: Colours
  out(text: string): void
  err(text: string): void
}

const usualColumns = 100

export function createTerminal(
  stdout: NodeJS.WriteStream,
  stderr: NodeJS.WriteStream,
  environment: Readonly<Record<string, string | undefined>>,
): Terminal {
  const forced = environment['FORCE_COLOR'] !== undefined && environment['FORCE_COLOR'] !== '0'
  const isColoured =
    forced || (stdout.isTTY && (environment['NO_COLOR'] ?? '') === '' && environment['TERM'] !== 'dumb')
  // Who read it may be gone, as in `tenon start | head`: that is no reason to end.
  for (const stream of [stdout, stderr]) if (stream.listenerCount('error') === 0) stream.on('error', ignoreBrokenPipe)
  return {
    // A terminal that has no size, such as that of a pipeline, says 0.
    columns: stdout.columns || Number(environment['COLUMNS']) || usualColumns,
    colours: picocolors.createColors(isColoured),
    out: (text) => void stdout.write(`${text}\n`),
    err: (text) => void stderr.write(`${text}\n`),
  }
}

function ignoreBrokenPipe(error: Error & { readonly code?: string }): void {
  if (error.code !== 'EPIPE') throw error
}

// oxlint-disable-next-line no-control-regex -- the escape sequences of colours
const colourSequence = /\u001b\[[\d;]*m/g

export function widthOf(text: string): number {
  return text.replaceAll(colourSequence, '').length
}

export function padEnd(text: string, width: number): string {
  return text + ' '.repeat(Math.max(0, width - widthOf(text)))
}

export function padStart(text: string, width: number): string {
  return ' '.repeat(Math.max(0, width - widthOf(text))) + text
}

/** Cut in the middle: names differ at their beginning and at their end. */
export function shorten(text: string, width: number): string {
  if (text.length <= width) return text
  const head = Math.ceil((width - 1) * 0.6)
  return `${text.slice(0, head)}…${text.slice(text.length - (width - 1 - head))}`
}

/** Broken at blanks, each line indented. */
export function wrap(text: string, width: number, indent: string): string[] {
  const lines: string[] = []
  let line = ''
  for (const word of text.split(' ')) {
    if (line !== '' && line.length + 1 + word.length > width - indent.length) {
      lines.push(indent + line)
      line = word
    } else {
      line = line === '' ? word : `${line} ${word}`
    }
  }
  return line === '' ? lines : [...lines, indent + line]
}
