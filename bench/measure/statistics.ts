function sorted(values: Iterable<number>): Float64Array {
  return Float64Array.from(values).toSorted()
}

/** The value that `share` (0 to 1) of all values do not exceed; 0 for none. */
export function percentile(values: Iterable<number>, share: number): number {
  const order = sorted(values)
  if (order.length === 0) return 0
  return order[Math.min(order.length - 1, Math.ceil(share * order.length) - 1)] ?? 0
}

export function median(values: Iterable<number>): number {
  const order = sorted(values)
  if (order.length === 0) return 0
  const middle = order.length >> 1
  return order.length % 2 === 1 ? order[middle]! : (order[middle - 1]! + order[middle]!) / 2
}

/** Largest distance from the median, as a share of it. */
export function spread(values: readonly number[]): number {
  const middle = median(values)
  return middle === 0 ? 0 : Math.max(...values.map((value) => Math.abs(value - middle))) / middle
}

export function round(value: number, digits = 0): number {
  return Number(value.toFixed(digits))
}
