/** A source of chance that repeats: the same seed makes the same choices. From 0 up to 1. */
export function seededRandom(seed: number, use: string): () => number {
  let state = seed >>> 0
  // Each use draws from a stream of its own: one more draw here must not change what happens there.
  for (const letter of use) state = Math.imul(state ^ letter.charCodeAt(0), 0x9e3779b1) >>> 0
  return () => {
    state = (state + 0x9e3779b9) >>> 0
    let mixed = Math.imul(state ^ (state >>> 16), 0x21f0aaad)
    mixed = Math.imul(mixed ^ (mixed >>> 15), 0x735a2d97)
    return ((mixed ^ (mixed >>> 15)) >>> 0) / 4_294_967_296
  }
}

/** Ids that repeat under the same seed and sort by the order in which they were made. */
export function seededIds(random: () => number): (nowMs: number) => string {
  let made = 0
  return (nowMs) => {
    made += 1
    const chance = Math.floor(random() * 32 ** 6)
    return (
      nowMs.toString(32).padStart(9, '0') + made.toString(32).padStart(6, '0') + chance.toString(32).padStart(6, '0')
    )
  }
}
