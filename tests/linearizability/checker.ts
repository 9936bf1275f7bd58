// After Wing and Gong, "Testing and Verifying Concurrent Objects" (1993), with the memory of Lowe (2017): is there an order of the calls, true to real time, that one who does one thing after the other could have gone through?

/** One call as it was seen from outside: it took effect at one moment between `from` and `to`. */
export interface Call<Operation> {
  readonly operation: Operation
  readonly from: number
  /** `null`: no answer came. It may have taken effect at any time since, may still do so, or never. */
  readonly to: number | null
}

export interface Model<State, Operation> {
  readonly initial: State
  /** The state after it, or `null` where it could not have been answered as it was. */
  apply(state: State, operation: Operation): State | null
}

/** Places in the search after which it gives up: then the history is too long for one key. */
const mostPlaces = 3_000_000

interface Place<State> {
  readonly done: bigint
  readonly state: State
}

/** `null` when there is such an order; otherwise the calls that no order explains beside the longest part that one does. Throws when the search takes too long. */
export function unexplained<State, Operation>(
  { initial, apply }: Model<State, Operation>,
  history: readonly Call<Operation>[],
): readonly Call<Operation>[] | null {
  const calls = history.toSorted((left, right) => left.from - right.from)
  const answered = calls.reduce((mask, { to }, index) => (to === null ? mask : mask | (1n << BigInt(index))), 0n)
  const stack: Place<State>[] = [{ done: 0n, state: initial }]
  const seen = new Set<string>()
  let best = { done: 0n, count: -1 }
  for (let place = stack.pop(); place !== undefined; place = stack.pop()) {
    const { done, state } = place
    if ((done & answered) === answered) return null
    const name = `${done} ${JSON.stringify(state)}`
    if (seen.has(name)) continue
    seen.add(name)
    if (seen.size > mostPlaces) throw new Error(`a history of ${calls.length} calls takes too long to check`)
    const count = bits(done & answered)
    if (count > best.count) best = { done, count }
    for (const index of nextOf(calls, done)) {
      const call = calls[index]
      const next = call === undefined ? null : apply(state, call.operation)
      // One without an answer that changes nothing explains nothing.
      if (next === null || (call?.to === null && JSON.stringify(next) === JSON.stringify(state))) continue
      stack.push({ done: done | (1n << BigInt(index)), state: next })
    }
  }
  return calls.filter(({ to }, index) => to !== null && (best.done & (1n << BigInt(index))) === 0n)
}

/** Those that may come next: they began before any other that is still to come was over. */
function nextOf(calls: readonly Call<unknown>[], done: bigint): number[] {
  const left = [...calls.keys()].filter((index) => (done & (1n << BigInt(index))) === 0n)
  const first = Math.min(...left.map((index) => calls[index]?.to ?? Number.POSITIVE_INFINITY))
  return left.filter((index) => (calls[index]?.from ?? 0) <= first)
}

function bits(mask: bigint): number {
  return mask.toString(2).replaceAll('0', '').length
}
