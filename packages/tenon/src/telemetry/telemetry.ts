/** Facts of one log line. Never put a secret here; what looks like one is replaced all the same. */
export type LogFields = Readonly<Record<string, unknown>>

/** Where Tenon says what happens to it. `name` is `noun.verb` in the past: `webhook.refused`. */
export interface Log {
  info(name: string, fields?: LogFields): void
  warn(name: string, fields?: LogFields): void
  error(name: string, fields?: LogFields): void
}

export const silentLog: Log = { info: () => undefined, warn: () => undefined, error: () => undefined }
