import type { Change } from '../../generator/changes.ts'
import type { ApiDescription } from '../../protocol/description.ts'
import { count } from '../words.ts'
import { wrap, type Terminal } from '../terminal.ts'

const mostNotes = 10
const mostChanges = 60

/** What a description was found to hold. */
export function tellFound(terminal: Terminal, api: ApiDescription, isPart: boolean): void {
  const { colours } = terminal
  const [auth, ...others] = api.auth.map(({ scheme }) => scheme)
  terminal.out('')
  terminal.out(`  ${colours.bold(api.title)} ${api.version}   ${colours.dim(api.format)}`)
  const operations = api.operations.map(({ name }) => name)
  terminal.out(`  operations   ${operations.length}${isPart ? ' by --only' : ''}: ${listed(operations)}`)
  if (api.events.length > 0)
    terminal.out(`  events       ${api.events.length}: ${listed(api.events.map(({ type }) => type))}`)
  terminal.out(`  auth         ${auth ?? 'none'}${others.length > 0 ? ` (also ${others.join(', ')})` : ''}`)
  terminal.out(`  base URL     ${api.baseUrl ?? 'not said'}`)
  tellNotes(terminal, api.notes)
}

/** What could not be carried over; the same at many places is said once. */
function tellNotes(terminal: Terminal, notes: ApiDescription['notes']): void {
  const { colours } = terminal
  const places = Map.groupBy(notes, ({ message }) => message)
  if (places.size === 0) return
  terminal.out(`  ${count(notes.length, 'thing')} could not be carried over:`)
  for (const [message, same] of [...places].slice(0, mostNotes)) {
    const more = same.length > 1 ? ` (and at ${count(same.length - 1, 'other place')})` : ''
    for (const line of wrap(`${same[0]?.place ?? ''}: ${message}${more}`, terminal.columns, '    '))
      terminal.out(colours.dim(line))
  }
  if (places.size > mostNotes)
    terminal.out(colours.dim(`    … and ${places.size - mostNotes} others: --json has them all`))
}

function listed(names: readonly string[]): string {
  const shown = names.slice(0, 5).join(', ')
  return names.length > 5 ? `${shown}, …` : shown
}

/** What is another now. */
export function tellChanges(terminal: Terminal, changes: readonly Change[], isSame: boolean): void {
  const { colours } = terminal
  terminal.out('')
  if (changes.length === 0) {
    terminal.out(`  ${isSame ? 'Nothing changed.' : 'No operation changed what it takes or gives.'}`)
    return
  }
  const broken = changes.filter(({ isCompatible }) => !isCompatible).length
  terminal.out(
    `  ${count(changes.length, 'change')}, ${broken === 0 ? 'none' : broken} that code may have to follow (!):`,
  )
  for (const change of changes.slice(0, mostChanges)) terminal.out(`  ${lineOf(change, colours)}`)
  if (changes.length > mostChanges)
    terminal.out(colours.dim(`    … and ${changes.length - mostChanges} more: --json has them all`))
}

function lineOf({ kind, operation, field, message, isCompatible }: Change, colours: Terminal['colours']): string {
  const mark = { added: '+', removed: '-', changed: '~' }[kind]
  const text = `${mark} ${operation}${field === '' ? '' : ` ${field}`} ${message}`
  return isCompatible ? `  ${text}` : `${colours.red('!')} ${text}`
}

interface Next {
  readonly name: string
  readonly written: readonly string[]
  readonly isDry: boolean
  /** Whether the connector's own file was not there before. */
  readonly isNew: boolean
  /** Of the generated file. */
  readonly size: string
}

/** What was written, and how to go on. */
export function tellNext(terminal: Terminal, { name, written, isDry, isNew, size }: Next): void {
  const { colours } = terminal
  terminal.out('')
  for (const file of written)
    terminal.out(`  ${colours.green('+')} ${file}${file.endsWith('.generated.ts') ? `  ${colours.dim(size)}` : ''}`)
  if (isDry) terminal.out(`  ${colours.dim('--dry-run: nothing was written.')}`)
  else if (isNew) {
    terminal.out('')
    terminal.out(
      `  Next: what the description cannot say goes into ${colours.bold(`${name}.ts`)}; a flow calls it by \`uses\`.`,
    )
  }
  terminal.out('')
}
