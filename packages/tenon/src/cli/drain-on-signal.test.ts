import { afterEach, beforeEach, expect, test } from 'vitest'
import { TenonError } from '../base/errors.ts'
import type { DrainReport } from '../engine/engine.ts'
import type { Application } from '../server/application.ts'
import { drainOnSignal } from './drain-on-signal.ts'

// Signals of the process that runs the tests are its own meanwhile.
const signals = ['SIGINT', 'SIGTERM'] as const
let others: readonly NodeJS.SignalsListener[][]
beforeEach(() => {
  others = signals.map((signal) => process.listeners(signal))
  for (const signal of signals) process.removeAllListeners(signal)
})
afterEach(() => {
  for (const [index, signal] of signals.entries()) {
    process.removeAllListeners(signal)
    for (const listener of others[index] ?? []) process.on(signal, listener)
  }
})

function applicationThatEnds(drain: () => Promise<DrainReport>): Application {
  return { engine: { activity: () => ({ inProgress: 0 }) }, drain } as Pick<Application, 'drain'> as Application
}

test.each([
  ['in good order', 0, async () => ({ interrupted: 0, waiting: 0, ready: 0 })],
  [
    'otherwise',
    1,
    async () => {
      throw new TenonError('JOURNAL_UNAVAILABLE', 'the database is away')
    },
  ],
] as const)('one that ends %s ends with the exit code %i', async (_how, code, drain) => {
  const ended = drainOnSignal(Promise.resolve(applicationThatEnds(drain)), { terminal: null, limitMs: 10 })
  process.emit('SIGTERM', 'SIGTERM')
  expect(await ended).toBe(code)
})
