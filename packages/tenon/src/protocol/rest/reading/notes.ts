import type { DescriptionNote } from '../../description.ts'
import { placeOf, type DocumentFile, type Node } from './references.ts'

const most = 500

/** What could not be carried over, each once. */
export class Notes {
  readonly #first: DocumentFile
  readonly #notes = new Map<string, DescriptionNote>()
  #left = 0

  constructor(first: DocumentFile) {
    this.#first = first
  }

  add(node: Node, message: string): void {
    const place = placeOf(node, this.#first)
    const key = `${place} ${message}`
    if (this.#notes.has(key)) return
    if (this.#notes.size < most) this.#notes.set(key, { place, message })
    else this.#left += 1
  }

  list(): readonly DescriptionNote[] {
    const all = [...this.#notes.values()]
    return this.#left === 0 ? all : [...all, { place: '#', message: `and ${this.#left} more like these` }]
  }
}
