import type { DescribeOptions } from '../../protocol/protocol.ts'

type Candidate = Parameters<DescribeOptions['only']>[0]

/** Operations by patterns, with what was seen on the way. */
export interface Choice {
  readonly only: DescribeOptions['only']
  /** Patterns that fit none. */
  idle(): readonly string[]
  /** Names and tags that there are. */
  known(): readonly string[]
}

const mostKnown = 12

/** `*` stands for any characters. A pattern fits an operation by its name, its name in the document, or one of its tags; without patterns all are chosen. */
export function chooseBy(patterns: readonly string[]): Choice {
  const tests = patterns.map((pattern) => ({ pattern, fits: matcherOf(pattern), used: false }))
  const names = new Set<string>()
  const tags = new Set<string>()
  return {
    only: (operation: Candidate) => {
      names.add(operation.name)
      for (const tag of operation.tags) tags.add(tag)
      const texts = [operation.name, operation.sourceName, ...operation.tags]
      let isChosen = tests.length === 0
      for (const test of tests) {
        if (!texts.some(test.fits)) continue
        test.used = true
        isChosen = true
      }
      return isChosen
    },
    idle: () => tests.filter(({ used }) => !used).map(({ pattern }) => pattern),
    known: () => [...tags, ...names].slice(0, mostKnown),
  }
}

function matcherOf(pattern: string): (text: string) => boolean {
  const parts = pattern.split('*')
  const [first = '', last = ''] = [parts[0], parts.at(-1)]
  if (parts.length === 1) return (text) => text === pattern
  return (text) => {
    if (!text.startsWith(first) || !text.endsWith(last) || text.length < first.length + last.length) return false
    let from = first.length
    for (const part of parts.slice(1, -1)) {
      const at = text.indexOf(part, from)
      if (at < 0 || at + part.length > text.length - last.length) return false
      from = at + part.length
    }
    return true
  }
}
