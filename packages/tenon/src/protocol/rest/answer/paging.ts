import type { Paging } from '../../../definition/operation.ts'
import type { Path, WirePaging } from '../wire.ts'
import { valueAt } from './failure.ts'

type Input = Readonly<Record<string, unknown>>

/** How the next page is asked for, of an input and its output. */
export function pagingOf(wire: WirePaging): Paging {
  const next = (input: Input, output: unknown): unknown => {
    const change = changeOf(wire, input, output)
    return change === null ? null : { ...input, ...change }
  }
  return { next }
}

function changeOf(wire: WirePaging, input: Input, output: unknown): Input | null {
  if ('more' in wire && wire.more !== undefined && valueAt(output, wire.more) === false) return null
  switch (wire.by) {
    case 'cursor':
    case 'address': {
      const value = valueAt(output, wire.from)
      return isSaid(value) ? { [wire.to]: value } : null
    }
    case 'last': {
      const items = listAt(output, wire.items)
      const last = items.at(-1)
      const id = typeof last === 'object' && last !== null ? (last as Input)[wire.id] : undefined
      return isSaid(id) ? { [wire.to]: id } : null
    }
    default:
      return counted(wire, input, output)
  }
}

function isSaid(value: unknown): boolean {
  return value !== undefined && value !== null && value !== ''
}

function listAt(output: unknown, path: readonly string[]): readonly unknown[] {
  const found = valueAt(output, path)
  return Array.isArray(found) ? found : []
}

type Counted = Extract<WirePaging, { readonly by: 'page' | 'offset' }>

function counted(wire: Counted, input: Input, output: unknown): Input | null {
  const { length } = listAt(output, wire.items)
  if (length === 0) return null
  const current = numberOf(input[wire.to]) ?? wire.first
  const isPage = wire.by === 'page'
  const isOver = isLast(wire, { input, output, length, before: current - wire.first })
  return isOver ? null : { [wire.to]: isPage ? current + 1 : current + length }
}

interface Page {
  readonly input: Input
  readonly output: unknown
  /** Items of it. */
  readonly length: number
  /** Pages, or items, before it. */
  readonly before: number
}

/** What is said about the end counts before what a page looks like: a provider may give fewer than were asked for. */
function isLast(wire: Counted, { input, output, length, before }: Page): boolean {
  const told = (path: Path | undefined): unknown => (path === undefined ? undefined : valueAt(output, path))
  if (told(wire.more) === true) return false
  const [total, pages] = [numberOf(told(wire.total)), numberOf(told(wire.pages))]
  if (wire.by === 'page' && pages !== undefined) return before + 1 >= pages
  if (wire.by === 'offset' && total !== undefined) return before + length >= total
  const size = wire.size === undefined ? undefined : (numberOf(input[wire.size.as]) ?? wire.size.usual)
  if (size === undefined) return false
  return total === undefined ? length < size : (before + 1) * size >= total
}

function numberOf(value: unknown): number | undefined {
  const number = typeof value === 'string' && value !== '' ? Number(value) : value
  return typeof number === 'number' && Number.isSafeInteger(number) ? number : undefined
}
