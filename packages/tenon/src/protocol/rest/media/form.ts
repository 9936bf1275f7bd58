import { itemSchema, memberSchema, typesOf, type Look } from '../look.ts'
import { readStyled, typedPart } from '../request/read-styles.ts'
import { styledBy, writePairs } from '../request/styles.ts'
import { bodyInvalid, isRecord } from '../request/text.ts'
import { decoded } from './decoded.ts'
import type { Media, MediaContext } from './media.ts'

const mostPairs = 10_000

/** `application/x-www-form-urlencoded`: each member as its encoding says; without one a list repeats its name, and an object is JSON (OAS 3.1 §4.8.14.4). */
export const formMedia: Media = {
  write(value, { encoding }) {
    const pairs = Object.entries(isRecord(value) ? value : {}).map(([name, part]) => {
      const own = Object.hasOwn(encoding, name) ? encoding[name] : undefined
      const by = styledBy({ name, ...own }, 'query')
      // Without a style an object would lose its name.
      return own?.style === undefined && isRecord(part) && own?.explode === undefined
        ? writePairs([part], by)
        : writePairs(part, by)
    })
    // RFC 1866: a blank is a plus sign; percent form is read as well.
    return { body: pairs.filter((pair) => pair !== '').join('&') }
  },
  read(body, context, type) {
    const pairs = [...new URLSearchParams(decoded(body, type))]
    if (pairs.length > mostPairs) throw bodyInvalid(`has more than ${mostPairs} pairs`)
    return readPairs(pairs, context)
  },
}

function readPairs(pairs: readonly [string, string][], { schema, look, encoding }: MediaContext): unknown {
  const names = new Set(pairs.map(([name]) => name.split('[', 1)[0] as string))
  const entries = [...names].flatMap((name) => {
    const own = Object.hasOwn(encoding, name) ? encoding[name] : undefined
    const part = memberSchema(look, schema, name)
    const isNested = own?.style === 'deepObject' || !pairs.some(([given]) => given === name)
    const by = styledBy({ name, ...own, ...(isNested && { style: 'deepObject' as const }) }, 'query')
    const read =
      own === undefined && !isNested
        ? plainly(
            look,
            part,
            pairs.filter(([given]) => given === name).map(([, text]) => text),
          )
        : readStyled(look, part, by, pairs)
    return read === undefined ? [] : [[name, read] as const]
  })
  return Object.fromEntries(entries)
}

function plainly(look: Look, schema: Parameters<typeof typesOf>[1], texts: readonly string[]): unknown {
  const types = typesOf(look, schema)
  if (types.has('array')) return texts.map((text) => typedPart(look, itemSchema(look, schema), text))
  return typedPart(look, schema, texts.at(-1) ?? '')
}
