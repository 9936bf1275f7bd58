import { describe, expect, test } from 'vitest'
import type { Clock } from '../base/clock.ts'
import { TenonError } from '../base/errors.ts'
import { defineApp } from '../definition/app.ts'
import { defineFlow } from '../definition/flow.ts'
import { schedule, type ScheduleOptions } from '../definition/trigger.ts'
import type { AcceptedEvent } from '../engine/engine.ts'
import { soleOwnership } from '../journal/ownership.ts'
import { silentLog } from '../telemetry/telemetry.ts'
import { startSchedules } from './schedule.ts'

const settle = () => new Promise<void>((resolve) => void setImmediate(resolve))

/** A clock that stands still until it is moved, and that can be set wrong like a real one. */
function virtualClock(start: string) {
  let now = Date.parse(start)
  let elapsed = 0
  let timers: { at: number; callback: () => void }[] = []
  const clock: Clock = {
    now: () => now,
    after(delayMs, callback) {
      const timer = { at: elapsed + delayMs, callback }
      timers.push(timer)
      return () => {
        timers = timers.filter((other) => other !== timer)
      }
    },
    whenQuiet: (callback) => void setImmediate(callback),
  }
  return {
    ...clock,
    /** Time goes by: timers run, and the clock with them. */
    async pass(ms: number) {
      const end = elapsed + ms
      for (;;) {
        await settle()
        const next = timers.filter(({ at }) => at <= end).toSorted((left, right) => left.at - right.at)[0]
        const to = next?.at ?? end
        now += to - elapsed
        elapsed = to
        if (next === undefined) return
        timers = timers.filter((other) => other !== next)
        next.callback()
      }
    },
    /** Someone sets the clock. */
    set(time: string) {
      now = Date.parse(time)
    },
  }
}

const hour = 3_600_000
const day = 24 * hour

/** The part of the engine and journal that schedules see: dedupe by id, and a cursor that moves with the start. */
function recorder() {
  const cursors = new Map<string, string>()
  const seen = new Set<string>()
  const started: string[] = []
  const early: string[] = []
  return {
    started,
    early,
    failing: false,
    /** Times, and the registration, that the engine was asked for. */
    asked: [] as string[],
    isOurs: () => true,
    cursor: (_tenant: string, name: string) => Promise.resolve(cursors.get(name) ?? null),
    accept(clock: Clock) {
      return (event: AcceptedEvent) => {
        this.asked.push(event.id)
        if (this.failing) return Promise.reject(new TenonError('JOURNAL_UNAVAILABLE', 'disk full'))
        const duplicate = seen.has(event.id)
        if (!duplicate) {
          seen.add(event.id)
          if (event.type.startsWith('schedule/')) {
            started.push(new Date(event.timeMs).toISOString())
            if (event.timeMs > clock.now()) early.push(event.id)
          }
          if (event.cursor) cursors.set(event.cursor.name, event.cursor.value)
        }
        return Promise.resolve({ duplicate, runs: [] })
      }
    },
  }
}

async function run(cron: string, options: ScheduleOptions, start: string, journal = recorder()) {
  const clock = virtualClock(start)
  const flow = defineFlow('report', { trigger: schedule(cron, options), run: () => undefined })
  const ownership = { ...soleOwnership(1, 0), epochOf: () => (journal.isOurs() ? 1 : null) }
  const schedules = await startSchedules(
    defineApp({ flows: [flow] }),
    { cursor: journal.cursor, ownership },
    {
      engine: { accept: journal.accept(clock) },
      tenant: 'default',
      clock,
      log: silentLog,
    },
  )
  await clock.pass(0)
  return { clock, journal, schedules }
}

describe('DUR-10: schedules', () => {
  test('DUR-10: a flow starts at its times, never early and once each', async () => {
    const { clock, journal } = await run('0 3 * * *', {}, '2026-05-01T00:00:00Z')
    await clock.pass(3 * day)
    expect(journal.started).toEqual([
      '2026-05-01T03:00:00.000Z',
      '2026-05-02T03:00:00.000Z',
      '2026-05-03T03:00:00.000Z',
    ])
    expect(journal.early).toEqual([])
  })

  test.each([
    ['latest', ['2026-05-04T03:00:00.000Z']],
    ['all', ['2026-05-02T03:00:00.000Z', '2026-05-03T03:00:00.000Z', '2026-05-04T03:00:00.000Z']],
    ['none', []],
  ] as const)('DUR-10: after three days down, catch-up %s is followed', async (catchUp, expected) => {
    const first = await run('0 3 * * *', { catchUp }, '2026-05-01T12:00:00Z')
    first.schedules.stop()
    const second = await run('0 3 * * *', { catchUp }, '2026-05-04T12:00:00Z', first.journal)
    expect(second.journal.started).toEqual(expected)
    await second.clock.pass(day)
    expect(second.journal.started).toEqual([...expected, '2026-05-05T03:00:00.000Z'])
  })

  test('DUR-10: catch-up all goes back over the latest 100 times at most', async () => {
    const first = await run('* * * * *', { catchUp: 'all' }, '2026-05-01T00:00:30Z')
    first.schedules.stop()
    const second = await run('* * * * *', { catchUp: 'all' }, '2026-05-04T00:00:30Z', first.journal)
    expect(second.journal.started).toHaveLength(100)
    expect(second.journal.started.at(-1)).toBe('2026-05-04T00:00:00.000Z')
  })

  test('DUR-10: a restart at once after a start does not start again', async () => {
    const first = await run('0 3 * * *', {}, '2026-05-01T02:59:00Z')
    await first.clock.pass(2 * 60_000)
    first.schedules.stop()
    const second = await run('0 3 * * *', {}, '2026-05-01T03:01:00Z', first.journal)
    expect(second.journal.started).toEqual(['2026-05-01T03:00:00.000Z'])
  })

  test('DUR-10, CLU-03: of several nodes only the owner brings a schedule on, and whoever takes over goes on where it was', async () => {
    let owner = 1
    const journal = recorder()
    const nodeOf = (number: number) =>
      Object.assign(Object.create(journal) as typeof journal, { isOurs: () => owner === number })
    const nodes = [
      await run('0 * * * *', {}, '2026-05-01T09:30:00Z', nodeOf(1)),
      await run('0 * * * *', {}, '2026-05-01T09:30:00Z', nodeOf(2)),
    ]
    const pass = async (ms: number): Promise<void> => {
      for (const { clock } of nodes) await clock.pass(ms)
    }
    await pass(hour)
    expect(journal.started).toEqual(['2026-05-01T10:00:00.000Z'])
    expect(journal.asked).toHaveLength(2)
    owner = 0
    await pass(hour / 2 + 5000)
    owner = 2
    await pass(10_000)
    expect(journal.started).toEqual(['2026-05-01T10:00:00.000Z', '2026-05-01T11:00:00.000Z'])
    expect(journal.asked).toHaveLength(3)
    await pass(2 * hour)
    expect(journal.started).toHaveLength(4)
    expect(journal.asked).toHaveLength(5)
  })

  test('DUR-10: in the hour that a clock change skips, the run starts right after it', async () => {
    const { clock, journal } = await run('30 2 * * *', { timeZone: 'Europe/Berlin' }, '2026-03-28T12:00:00Z')
    await clock.pass(2 * day)
    // 03:00 summer time, then 02:30 summer time.
    expect(journal.started).toEqual(['2026-03-29T01:00:00.000Z', '2026-03-30T00:30:00.000Z'])
  })

  test.each(['30 2 * * *', '15,30 2 * * *'])(
    'DUR-10: in the hour that a clock change repeats, %s runs once',
    async (cron) => {
      const { clock, journal } = await run(cron, { timeZone: 'Europe/Berlin' }, '2026-10-24T12:00:00Z')
      await clock.pass(day)
      const atHalf = journal.started.filter((time) => time.includes(':30:'))
      expect(atHalf).toEqual(['2026-10-25T00:30:00.000Z'])
    },
  )

  test('DUR-10: a clock that is set back starts nothing twice and goes on from there', async () => {
    const { clock, journal } = await run('0 * * * *', {}, '2026-05-01T09:30:00Z')
    await clock.pass(hour)
    clock.set('2026-05-01T08:30:00Z')
    await clock.pass(3 * hour)
    expect(journal.started).toEqual([
      '2026-05-01T10:00:00.000Z',
      '2026-05-01T09:00:00.000Z',
      '2026-05-01T11:00:00.000Z',
    ])
    expect(journal.early).toEqual([])
  })

  test('DUR-10: a clock that jumps ahead is noticed within a minute, and the time it passed starts once', async () => {
    const { clock, journal } = await run('0 * * * *', {}, '2026-05-01T09:30:00Z')
    clock.set('2026-05-01T14:10:00Z')
    await clock.pass(60_000)
    expect(journal.started).toEqual(['2026-05-01T14:00:00.000Z'])
  })

  test('DUR-10: a time that the journal could not take is started when it can', async () => {
    const { clock, journal } = await run('0 3 * * *', {}, '2026-05-01T02:00:00Z')
    journal.failing = true
    await clock.pass(1.5 * hour)
    expect(journal.started).toEqual([])
    journal.failing = false
    await clock.pass(60_000)
    expect(journal.started).toEqual(['2026-05-01T03:00:00.000Z'])
  })

  test('DUR-10: another expression begins anew: times that were never promised are not caught up', async () => {
    const first = await run('0 3 * * *', {}, '2026-05-01T12:00:00Z')
    first.schedules.stop()
    const second = await run('0 * * * *', { catchUp: 'all' }, '2026-05-03T12:30:00Z', first.journal)
    expect(second.journal.started).toEqual([])
  })
})
