// `npm run scale [-- --cores N] [--log-mb N] [--flush-ms N] [--round-trip-ms N] [--figures FILE]`: what so many runs per second need, from figures that were measured.
import { readFileSync } from 'node:fs'
import { parseArgs } from 'node:util'
import { say } from './measure/progress.ts'
import { figures as ours, type Figures, hardware as usual } from './scale/figures.ts'
import { tables } from './scale/tables.ts'

const { values } = parseArgs({
  options: {
    cores: { type: 'string' },
    'log-mb': { type: 'string' },
    'flush-ms': { type: 'string' },
    'round-trip-ms': { type: 'string' },
    figures: { type: 'string' },
  },
})

function positive(name: Exclude<keyof typeof values, 'figures'>, otherwise: number): number {
  const text = values[name]
  const value = text === undefined ? otherwise : Number(text)
  if (value > 0 && Number.isFinite(value)) return value
  throw new Error(`--${name} is ${text}; expected a number above 0`)
}

const figures = values.figures === undefined ? ours : (JSON.parse(readFileSync(values.figures, 'utf8')) as Figures)
const found = tables(figures, {
  databaseCores: Math.ceil(positive('cores', usual.databaseCores)),
  logBytesPerS: positive('log-mb', usual.logBytesPerS / 1e6) * 1e6,
  flushMs: positive('flush-ms', usual.flushMs),
  roundTripMs: positive('round-trip-ms', usual.roundTripMs),
})
say(
  `Measured: ${figures.measured}\n\n${found.measured}\n\nWhat so many need:\n\n${found.needs}\n\nWhat changes would be worth:\n\n${found.worth}`,
)
