/** Numbers a text within 53 bits. Not for secrets: whoever looks up by it compares the text itself as well. The store's own seed keeps others from choosing collisions. */
export function hashOf(text: string, seed: number): number {
  let low = 0xdeadbeef ^ seed
  let high = 0x41c6ce57 ^ seed
  for (let index = 0; index < text.length; index += 1) {
    const char = text.charCodeAt(index)
    low = Math.imul(low ^ char, 2654435761)
    high = Math.imul(high ^ char, 1597334677)
  }
  low = Math.imul(low ^ (low >>> 16), 2246822507) ^ Math.imul(high ^ (high >>> 13), 3266489909)
  high = Math.imul(high ^ (high >>> 16), 2246822507) ^ Math.imul(low ^ (low >>> 13), 3266489909)
  return 4294967296 * (2097151 & high) + (low >>> 0)
}
