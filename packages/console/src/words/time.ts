const second = 1000
const minute = 60 * second
const hour = 60 * minute
const day = 24 * hour

const units = [
  [day, 'd'],
  [hour, 'h'],
  [minute, 'min'],
] as const

/** `42 ms`, `2.1 s`, `3 min 5 s`, `14 d 2 h`: one or two units, no zero ones. */
export function length(ms: number): string {
  if (ms < 1) return ms <= 0 ? '0 ms' : '<1 ms'
  if (ms < second) return `${Math.round(ms)} ms`
  if (ms < minute) return `${Number((ms / second).toFixed(ms < 10 * second ? 1 : 0))} s`
  const index = units.findIndex(([size]) => ms >= size)
  const [size, name] = units[index] ?? units[2]
  const [smaller, smallerName] = units[index + 1] ?? ([second, 's'] as const)
  const whole = Math.floor(ms / size)
  const rest = Math.floor((ms - whole * size) / smaller)
  return rest === 0 ? `${whole} ${name}` : `${whole} ${name} ${rest} ${smallerName}`
}

/** `just now`, `5 min ago`, `in 3 d`; the coarser unit alone. */
export function distance(at: number, now: number): string {
  const ms = Math.abs(now - at)
  if (ms < 5 * second) return at > now ? 'in a moment' : 'just now'
  // Sixty minutes less a moment are an hour.
  const [size, name] = units.find(([size]) => ms >= size * 0.98) ?? ([second, 's'] as const)
  const text = `${Math.round(ms / size)} ${name}`
  return at > now ? `in ${text}` : `${text} ago`
}

const clock = new Intl.DateTimeFormat('en-GB', { hour: '2-digit', minute: '2-digit', second: '2-digit' })
const dayAndMonth = new Intl.DateTimeFormat('en-GB', { day: 'numeric', month: 'short' })
const wholeDate = new Intl.DateTimeFormat('en-GB', { day: 'numeric', month: 'short', year: 'numeric' })
const whole = new Intl.DateTimeFormat('en-GB', { dateStyle: 'full', timeStyle: 'long' })

/** `14:03:22`, with the day before it when that is not today. */
export function clockTime(at: number, now: number): string {
  const [date, today] = [new Date(at), new Date(now)]
  if (date.toDateString() === today.toDateString()) return clock.format(date)
  const form = date.getFullYear() === today.getFullYear() ? dayAndMonth : wholeDate
  return `${form.format(date)} ${clock.format(date)}`
}

/** Everything about a moment, with its zone. */
export function fullTime(at: number): string {
  return whole.format(new Date(at))
}
