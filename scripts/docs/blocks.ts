/** One block of a page that is run: a file to write, or commands. */
export type Block =
  | { readonly kind: 'file'; readonly line: number; readonly file: string; readonly text: string }
  | ({ readonly kind: 'commands'; readonly line: number; readonly text: string } & Marks)

interface Marks {
  /** It is a server: the commands after it find it ready. */
  readonly keepsRunning: boolean
  /** What it prints, if need be after a while. */
  readonly shows: string | null
  /** What the server prints after it. */
  readonly serverSays: string | null
  readonly exits: number
  /** Why it cannot be run here. */
  readonly notRun: string | null
}

/** Whether the page's commands belong into the repository, and not into a project of their own. */
export function isForRepository(text: string): boolean {
  return text.includes('<!-- in: repository -->')
}

/** The ```sh blocks of a page, and the named ```ts blocks, with what the comments right before them say. */
export function blocksOf(text: string): readonly Block[] {
  const blocks: Block[] = []
  let marks = new Map<string, string>()
  let open: { readonly language: string; readonly line: number; readonly lines: string[] } | null = null
  for (const [index, line] of text.split('\n').entries()) {
    const mark = /^<!-- (not run|keeps running|shows|server says|exits|file)(?:: (.*))? -->$/.exec(line)
    if (open !== null) {
      if (!line.startsWith('```')) {
        open.lines.push(line)
        continue
      }
      blocks.push(...blockOf(open.language, { line: open.line, text: open.lines.join('\n') }, marks))
      marks = new Map()
      open = null
    } else if (line.startsWith('```')) open = { language: line.slice(3).trim(), line: index + 1, lines: [] }
    else if (mark !== null) marks.set(mark[1] ?? '', mark[2] ?? '')
    else if (line.trim() !== '') marks = new Map()
  }
  return blocks
}

function blockOf(
  language: string,
  block: { readonly line: number; readonly text: string },
  marks: ReadonlyMap<string, string>,
): readonly Block[] {
  const file = marks.get('file')
  if (file !== undefined) return [{ kind: 'file', ...block, file }]
  if (language !== 'sh') return []
  const commands: Block = {
    kind: 'commands',
    ...block,
    keepsRunning: marks.has('keeps running'),
    shows: marks.get('shows') ?? null,
    serverSays: marks.get('server says') ?? null,
    exits: Number(marks.get('exits') ?? 0),
    notRun: marks.get('not run') ?? null,
  }
  return [commands]
}
