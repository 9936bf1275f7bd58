/** One thing that was looked at. */
export interface Finding {
  readonly topic: Topic
  readonly state: 'ok' | 'warn' | 'fail'
  readonly text: string
  /** What to do about it. */
  readonly remedy?: string
}

export type Topic = 'environment' | 'packages' | 'data folder' | 'database' | 'vault' | 'clock' | 'server' | 'app'

export interface Examined {
  readonly appFile: string
  readonly dataFolder: string
  readonly port: number
  /** Whether the hosts of the app's accounts may be asked for the time. */
  readonly asksHosts: boolean
}

type Look = (text: string, remedy?: string) => Finding

/** Makes findings of one topic. */
export function findingsOf(topic: Topic): { readonly ok: Look; readonly warn: Look; readonly fail: Look } {
  const make =
    (state: Finding['state']): Look =>
    (text, remedy) => ({ topic, state, text, ...(remedy !== undefined && { remedy }) })
  return { ok: make('ok'), warn: make('warn'), fail: make('fail') }
}

export function readableBytes(bytes: number): string {
  const units = ['B', 'kB', 'MB', 'GB', 'TB']
  let value = bytes
  let unit = 0
  while (value >= 1000 && unit < units.length - 1) {
    value /= 1000
    unit += 1
  }
  return `${unit === 0 || value >= 100 ? Math.round(value) : value.toFixed(1)} ${units[unit]}`
}
