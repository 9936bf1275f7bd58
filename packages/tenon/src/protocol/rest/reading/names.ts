/** Words of a name: `repos/list-for-org`, `SMSMessage_v2`. */
function wordsOf(text: string): string[] {
  return text
    .normalize('NFKD')
    .split(/[^A-Za-z0-9]+/)
    .filter((word) => word !== '')
}

const upper = (word: string): string => word.charAt(0).toUpperCase() + word.slice(1)

/** An identifier such as `CustomerSource`; empty where the text has no letter or digit. */
export function typeName(text: string): string {
  const name = wordsOf(text).map(upper).join('')
  return /^\d/.test(name) ? `Type${name}` : name
}

/** What an object of functions must not have, or has already. */
const taken = new Set(['constructor', 'then', 'toString', 'valueOf', 'toJSON', 'hasOwnProperty', 'isPrototypeOf'])

/** An identifier such as `createOrder`; empty where the text has no letter or digit. */
export function memberName(text: string): string {
  const joined = wordsOf(text).map(upper).join('')
  // `SMSSend` is smsSend, `APIList` apiList, `Id` id.
  const name = joined.replace(/^[A-Z]+(?=[A-Z][a-z])|^[A-Z]+(?=\d|$)|^[A-Z]/, (head) => head.toLowerCase())
  if (/^\d/.test(name)) return `call${name}`
  return taken.has(name) ? `${name}Operation` : name
}

/** Gives each name once: where it was given already, with the next free number. */
export function namesOnce(): (wanted: string) => string {
  const given = new Set<string>()
  return (wanted) => {
    let name = wanted
    for (let number = 2; given.has(name); number += 1) name = `${wanted}${number}`
    given.add(name)
    return name
  }
}

/** `GET /orders/{id}/items` as a name: `getOrdersByIdItems`. */
export function pathName(method: string, path: string): string {
  const parts = path.split('/').map((part) => {
    const words = part.replace(/\{([^{}]*)\}/g, ' by $1 ')
    return words.replace(/[^A-Za-z0-9]+/g, ' ')
  })
  return memberName(`${method.toLowerCase()} ${parts.join(' ')}`)
}
