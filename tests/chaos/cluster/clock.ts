// Loaded before the server (`--import`) in a campaign: a machine whose clock is wrong by so much.
const offMs = Number(process.env['CHAOS_CLOCK_MS'] ?? '0')

if (offMs !== 0) {
  const now = Date.now.bind(Date)
  globalThis.Date = class extends Date {
    constructor(...given: [] | [number | string | Date]) {
      super(given.length === 0 ? now() + offMs : given[0])
    }

    static override now(): number {
      return now() + offMs
    }
  } as DateConstructor
}
