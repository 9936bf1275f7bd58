const longest = 500
const mostNested = 20
const mostRepeated = 200

type Random = () => number
type Part = () => string

/**
 * A text that an expression matches, where it is made of what most are made of: characters, classes, groups, alternatives, repetitions. `null` for anything else. Whether the text fits is not
 * known before it is tried.
 */
export function patternExample(pattern: string, random: Random, least: number): string | null {
  if (pattern.length > longest) return null
  try {
    const reader = new Reader(pattern, random, least)
    return reader.whole()
  } catch (error) {
    if (error instanceof Unknown) return null
    throw error
  }
}

class Unknown extends Error {}

class Reader {
  readonly #pattern: string
  readonly #random: Random
  readonly #least: number
  #at = 0
  #depth = 0

  constructor(pattern: string, random: Random, least: number) {
    this.#pattern = pattern
    this.#random = random
    this.#least = least
  }

  whole(): string {
    const text = this.#alternatives()()
    if (this.#at < this.#pattern.length) throw new Unknown()
    return text
  }

  #alternatives(): Part {
    this.#depth += 1
    if (this.#depth > mostNested) throw new Unknown()
    const branches = [this.#sequence()]
    while (this.#takes('|')) branches.push(this.#sequence())
    this.#depth -= 1
    return () => (branches[this.#below(branches.length)] as Part)()
  }

  #sequence(): Part {
    const parts: Part[] = []
    while (this.#at < this.#pattern.length && !'|)'.includes(this.#next())) parts.push(this.#repeated(this.#atom()))
    return () => parts.map((part) => part()).join('')
  }

  #repeated(part: Part): Part {
    const found = /^(?:[*+?]|\{(\d+)(,?)(\d*)\})\??/.exec(this.#pattern.slice(this.#at))
    if (found === null) return part
    this.#at += found[0].length
    const sign = found[0].charAt(0)
    const low = sign === '{' ? Number(found[1]) : sign === '+' ? 1 : 0
    const exact = sign === '{' && found[2] === ''
    const open = Math.max(low, Math.min(this.#least, mostRepeated)) + 3
    const high = exact ? low : sign === '?' ? 1 : found[3] ? Number(found[3]) : open
    if (low > mostRepeated) throw new Unknown()
    const from = Math.min(Math.max(low, Math.min(this.#least, mostRepeated)), high)
    const count = from + this.#below(Math.min(high - from, 4) + 1)
    return () => Array.from({ length: count }, part).join('')
  }

  #atom(): Part {
    const char = this.#next()
    this.#at += 1
    if (char === '^' || char === '$') return () => ''
    if (char === '.') return () => 'a'
    if (char === '[') return this.#class()
    if (char === '\\') return this.#escape()
    if (char === '(') return this.#group()
    if ('*+?{'.includes(char)) throw new Unknown()
    return () => char
  }

  #group(): Part {
    if (this.#takes('?') && !this.#takes(':')) {
      if (!/^<[A-Za-z]/.test(this.#pattern.slice(this.#at))) throw new Unknown()
      this.#at = this.#pattern.indexOf('>', this.#at) + 1
    }
    const part = this.#alternatives()
    if (!this.#takes(')')) throw new Unknown()
    return part
  }

  #escape(): Part {
    const char = this.#next()
    this.#at += 1
    if (char === 'b' || char === 'B') return () => ''
    const set = sets[char]
    if (set !== undefined) return () => set.charAt(this.#below(set.length))
    if (/[A-Za-z\d]/.test(char)) throw new Unknown()
    return () => char
  }

  #class(): Part {
    const isExcluding = this.#takes('^')
    let set = ''
    while (this.#at < this.#pattern.length && !(this.#next() === ']' && set !== '')) set += this.#range()
    if (!this.#takes(']') || set === '') throw new Unknown()
    const allowed = isExcluding
      ? printable
          .split('')
          .filter((char) => !set.includes(char))
          .join('')
      : set
    if (allowed === '') throw new Unknown()
    return () => allowed.charAt(this.#below(allowed.length))
  }

  #range(): string {
    const from = this.#member()
    if (from.length !== 1 || this.#next() !== '-' || this.#pattern.charAt(this.#at + 1) === ']') return from
    this.#at += 1
    const to = this.#member()
    if (to.length !== 1) return `${from}-${to}`
    const [low, high] = [from.charCodeAt(0), to.charCodeAt(0)]
    return Array.from({ length: Math.min(Math.max(high - low + 1, 0), 256) }, (_, index) =>
      String.fromCharCode(low + index),
    ).join('')
  }

  #member(): string {
    const char = this.#next()
    this.#at += 1
    return char === '\\' ? this.#escapedMember() : char
  }

  #escapedMember(): string {
    const char = this.#next()
    this.#at += 1
    if (sets[char] !== undefined) return sets[char]
    if (/[A-Za-z\d]/.test(char)) throw new Unknown()
    return char
  }

  #takes(char: string): boolean {
    if (this.#next() !== char) return false
    this.#at += 1
    return true
  }

  #next(): string {
    return this.#pattern.charAt(this.#at)
  }

  #below(count: number): number {
    return Math.floor(this.#random() * count)
  }
}

const letters = 'abcdefghijklmnopqrstuvwxyz'
const printable = `${letters}${letters.toUpperCase()}0123456789 -_.`
const sets: Readonly<Record<string, string>> = {
  d: '0123456789',
  w: `${letters}0123456789_`,
  s: ' ',
  D: letters,
  W: '-',
  S: letters,
  n: '\n',
  t: '\t',
  r: '\r',
}
