/** A name of GraphQL in camelCase: `order_items` is `orderItems`. */
export function camel(name: string): string {
  const pascalName = pascal(name)
  return pascalName.charAt(0).toLowerCase() + pascalName.slice(1)
}

export function pascal(name: string): string {
  const words = name.split('_').filter((word) => word !== '')
  const joined = words.map((word) => word.charAt(0).toUpperCase() + word.slice(1)).join('')
  return /^[A-Za-z]/.test(joined) ? joined : `Type${joined}`
}

/** Names that differ, in the order in which they are asked for. */
export class Names {
  readonly #taken = new Set<string>()

  claim(...wishes: readonly [string, ...string[]]): string {
    const last = wishes.at(-1) as string
    let name = wishes.find((wish) => !this.#taken.has(wish)) ?? last
    for (let count = 2; this.#taken.has(name); count += 1) name = `${last}${count}`
    this.#taken.add(name)
    return name
  }
}
