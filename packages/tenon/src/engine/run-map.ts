/**
 * A map for what comes and goes thousands of times a second. When a `Map` grows or tidies up, V8 makes a new table and lets the old one point to it. One old table that has
 * outlived two collections then keeps all later ones alive, with everything that ever stood in them, until the next full collection. Copied in time, the chain breaks.
 */
export class RunMap<Value> {
  #map = new Map<string, Value>()
  #additions = 0

  get size(): number {
    return this.#map.size
  }

  get(run: string): Value | undefined {
    return this.#map.get(run)
  }

  has(run: string): boolean {
    return this.#map.has(run)
  }

  set(run: string, value: Value): void {
    if (this.#additions > 64 && this.#additions > this.#map.size) {
      this.#map = new Map(this.#map)
      this.#additions = 0
    }
    this.#additions += 1
    this.#map.set(run, value)
  }

  delete(run: string): boolean {
    return this.#map.delete(run)
  }

  keys(): Iterable<string> {
    return this.#map.keys()
  }

  values(): Iterable<Value> {
    return this.#map.values()
  }
}
