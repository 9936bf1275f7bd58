const offsetMs = 5.5 * 3_600_000

/** `yyyy-mm-dd HH:mm:ss` as clocks in India show it: Shiprocket writes times without a zone. */
export function indianTime(moment: Date): string {
  return new Date(moment.getTime() + offsetMs).toISOString().slice(0, 19).replace('T', ' ')
}

/** Milliseconds of `yyyy-mm-dd HH:mm:ss` or `dd mm yyyy HH:mm:ss`, `undefined` for anything else. */
export function fromIndianTime(text: string): number | undefined {
  const [, year, month, day, time] = /^(\d{4})-(\d\d)-(\d\d) (\d\d:\d\d:\d\d)$/.exec(text) ?? turned(text)
  const ms = Date.parse(`${year}-${month}-${day}T${time}Z`) - offsetMs
  return Number.isNaN(ms) ? undefined : ms
}

function turned(text: string): (string | undefined)[] {
  const [, day, month, year, time] = /^(\d\d) (\d\d) (\d{4}) (\d\d:\d\d:\d\d)$/.exec(text) ?? []
  return [text, year, month, day, time]
}
