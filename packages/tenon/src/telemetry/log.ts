import { createRequire } from 'node:module'
import type * as Pino from 'pino'
import type { Clock } from '../base/clock.ts'
import type { Redactor } from './redact.ts'
import type { Log, LogFields } from './telemetry.ts'

export const logLevels = ['info', 'warn', 'error', 'silent'] as const

/** The least that is written; `silent` writes nothing. */
export type LogLevel = (typeof logLevels)[number]

type LineLevel = Exclude<LogLevel, 'silent'>

export interface LogOptions {
  readonly clock: Clock
  readonly redactor: Redactor
  /** `json` for machines (one object per line), `pretty` for a person at a terminal. */
  readonly form: 'json' | 'pretty'
  /** Default `info`. */
  readonly level?: LogLevel
  readonly write: (line: string) => void
}

interface PinoLogger {
  readonly info: (fields: object, message: string) => void
  readonly warn: (fields: object, message: string) => void
  readonly error: (fields: object, message: string) => void
}

/** Log lines without secrets and without anything that could break out of its line or steer a terminal. */
export function createLog(options: LogOptions): Log {
  const level = options.level ?? 'info'
  const write = options.form === 'json' ? jsonWriter(options, level) : prettyWriter(options)
  const enabled = (wanted: LineLevel): boolean => logLevels.indexOf(wanted) >= logLevels.indexOf(level)
  const line =
    (wanted: LineLevel) =>
    (name: string, fields: LogFields = {}) => {
      if (enabled(wanted)) write(wanted, name, options.redactor.fields(fields))
    }
  return { info: line('info'), warn: line('warn'), error: line('error') }
}

type Write = (level: LineLevel, name: string, fields: Record<string, unknown>) => void

function jsonWriter({ clock, redactor, write }: LogOptions, level: LogLevel): Write {
  let logger: PinoLogger | null = null
  return (wanted, name, fields) => {
    logger ??= createPino({ clock, level, write: (line) => write(escapeRest(redactor.known(line))) })
    logger[wanted](apart(fields), name)
  }
}

/** A member that is named like one of the line's own would take its place for whoever reads the line. */
function apart(fields: Record<string, unknown>): Record<string, unknown> {
  for (const name of ['level', 'time', 'name']) {
    if (!(name in fields)) continue
    fields[`${name}_`] = fields[name]
    delete fields[name]
  }
  return fields
}

/** pino is loaded with the first line: most starts have none before they accept work. */
function createPino(options: { clock: Clock; level: LogLevel; write: (line: string) => void }): PinoLogger {
  const { pino } = createRequire(import.meta.url)('pino') as typeof Pino
  return pino(
    {
      level: options.level,
      base: null,
      messageKey: 'name',
      timestamp: () => `,"time":${JSON.stringify(new Date(options.clock.now()).toISOString())}`,
      formatters: { level: (label) => ({ level: label }) },
    },
    { write: options.write },
  )
}

function prettyWriter({ clock, redactor, write }: LogOptions): Write {
  return (level, name, fields) => {
    const time = new Date(clock.now()).toTimeString().slice(0, 8)
    const parts = Object.entries(fields).map(
      ([key, value]) => `${key}=${typeof value === 'string' ? value : JSON.stringify(value)}`,
    )
    write(`${visible(redactor.known(`${time} ${level.padEnd(5)} ${name} ${parts.join(' ')}`.trimEnd()))}\n`)
  }
}

/** Control characters as text, so that nothing received can start a line or colour a terminal. */
export function visible(text: string): string {
  // oxlint-disable-next-line no-control-regex -- control characters are what is looked for
  return text.replaceAll(/[\u0000-\u001f\u007f-\u009f\u2028\u2029\u202a-\u202e\u2066-\u2069]/g, escapeCharacter)
}

/** What JSON leaves as it is, though terminals and log viewers act on it; inside a JSON string the escape means the same. */
function escapeRest(line: string): string {
  return line.replaceAll(/[\u007f-\u009f\u2028\u2029\u202a-\u202e\u2066-\u2069]/g, escapeCharacter)
}

function escapeCharacter(char: string): string {
  if (char === '\n') return '\\n'
  if (char === '\r') return '\\r'
  if (char === '\t') return '\\t'
  return `\\u${char.charCodeAt(0).toString(16).padStart(4, '0')}`
}
