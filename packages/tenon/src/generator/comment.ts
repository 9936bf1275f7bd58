import { commentText } from './literal.ts'

const widest = 120
const longest = 600

export interface Commented {
  readonly summary?: string | undefined
  readonly description?: string | undefined
  readonly deprecated?: boolean | undefined
}

/** What a description says of something, as a comment above it; empty where it says nothing. */
export function commentOf({ summary, description, deprecated }: Commented, indent: string): string {
  const said = [summary, description].filter((text) => typeof text === 'string' && text.trim() !== '') as string[]
  const texts = [...new Set(said.map((text) => shortened(commentText(text))))]
  if (deprecated === true) texts.push('@deprecated')
  const [only] = texts
  if (only === undefined) return ''
  const oneLine = `${indent}/** ${only} */\n`
  if (texts.length === 1 && oneLine.length <= widest) return oneLine
  const lines = texts.flatMap((text, index) => [
    ...(index > 0 ? [''] : []),
    ...wrapped(text, widest - indent.length - 3),
  ])
  return `${indent}/**\n${lines.map((line) => `${indent} * ${line}`.trimEnd()).join('\n')}\n${indent} */\n`
}

function shortened(text: string): string {
  if (text.length <= longest) return text
  const end = text.lastIndexOf('. ', longest)
  return end > longest / 3 ? text.slice(0, end + 1) : `${text.slice(0, text.lastIndexOf(' ', longest))} …`
}

function wrapped(text: string, width: number): string[] {
  const lines: string[] = []
  let line = ''
  for (const word of text.split(' ')) {
    if (line !== '' && line.length + 1 + word.length > width) {
      lines.push(line)
      line = word
    } else line = line === '' ? word : `${line} ${word}`
  }
  return [...lines, line]
}
