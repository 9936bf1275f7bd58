import type { Reading } from './reading.ts'
import { child, isFields, items, type Fields, type Node } from './references.ts'

/** The address of a server object, its variables by their defaults; `null` for what is none. */
function addressOf({ notes, first }: Pick<Reading, 'notes' | 'first'>, server: Node): URL | null {
  const { url, variables } = isFields(server.value) ? server.value : ({} as Fields)
  if (typeof url !== 'string') return null
  const left: string[] = []
  const filled = url.replace(/\{([^{}]*)\}/g, (whole, name: string) => {
    const variable = isFields(variables) && Object.hasOwn(variables, name) ? variables[name] : undefined
    const usual = isFields(variable)
      ? (variable['default'] ?? (Array.isArray(variable['enum']) ? variable['enum'][0] : undefined))
      : undefined
    left.push(name)
    return typeof usual === 'string' || typeof usual === 'number' ? String(usual) : whole
  })
  if (left.length > 0)
    notes.add(
      server,
      `the address has variables (${left.join(', ').slice(0, 100)}): a connection may have a base URL of its own`,
    )
  if (/[{}]/.test(filled)) return null
  const base = /^https?:/.test(first.location) ? first.location : undefined
  const address = URL.canParse(filled.trim(), base) ? new URL(filled.trim(), base) : null
  return address !== null && /^https?:$/.test(address.protocol) ? address : null
}

const withoutSlash = (address: URL): string => `${address.origin}${address.pathname.replace(/\/+$/, '')}`

/** Where calls go: where most operations are. Those that have no server of their own are at the first one of the document (OAS 3.1 §4.8.5). */
export function baseOf(reading: Reading, operations: readonly (readonly Node[])[]): URL | null {
  const general = reading.shape
    .servers(reading.root)
    .map((server) => addressOf(reading, server))
    .find((found) => found !== null)
  const counts = new Map<string, number>()
  for (const holders of operations) {
    const own = ownServer(holders)
    const address = own === undefined ? general : addressOf(reading, own)
    if (address === null || address === undefined) continue
    counts.set(withoutSlash(address), (counts.get(withoutSlash(address)) ?? 0) + 1)
  }
  const [most] = [...counts].toSorted((left, right) => right[1] - left[1])
  return most === undefined ? (general ?? null) : new URL(most[0])
}

/** Of the first that has one: an operation before its path. */
function ownServer(holders: readonly Node[]): Node | undefined {
  return holders.flatMap((node) => items(child(node, 'servers')))[0]
}

export function baseUrlOf(base: URL | null): string | null {
  return base === null ? null : withoutSlash(base)
}

/** What stands before the path of an operation that has a server of its own, below the base URL; a note where that is elsewhere. */
export function prefixOf(reading: Reading, base: URL | null, holders: readonly Node[]): string {
  const own = ownServer(holders)
  if (own === undefined || base === null) return ''
  const address = addressOf(reading, own)
  if (address === null) return ''
  const [whole, start] = [withoutSlash(address), withoutSlash(base)]
  if (whole === start) return ''
  if (whole.startsWith(`${start}/`)) return whole.slice(start.length)
  reading.notes.add(
    own,
    `is called at another address than the others, ${whole.slice(0, 200)}: give it a connector of its own (--only), whose base URL this is`,
  )
  return ''
}
