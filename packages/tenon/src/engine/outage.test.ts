import { expect, test } from 'vitest'
import { mostWithin } from '../outbound/budget/rate.fixture.ts'
import { outage } from './outage.fixture.ts'

const minute = 60_000

const limited = { limits: { declared: [{ name: 'all', requests: 20, per: '1s' }] } } as const

test('OUT-08: while an upstream fails, the runs that wait for it rest: few wake to try it, and each writes once why it waits', async () => {
  const runs = 300
  const { start, clock, counts, said, asked, completed } = await outage(limited)
  await start(runs)
  await clock.advance(minute)
  const early = { ...counts, asked: asked.length }
  await clock.advance(9 * minute)
  // A few tries each minute; the others come by themselves less and less often, and write nothing.
  const [wakes, entries] = [counts.loads - early.loads, counts.entries - early.entries]
  expect(asked.length - early.asked).toBeLessThanOrEqual(9 * 3)
  expect(wakes).toBeLessThan(4 * runs)
  expect(entries).toBeLessThan(runs / 4)
  // One entry for each reason to wait (the limit, then the breaker); each try that failed is one, and the wait after it.
  expect(counts.entries).toBeLessThanOrEqual(2 * (runs + asked.length))
  // A rest is one append, with its entry if it has one; what a try came to is another.
  expect(counts.appends).toBeLessThanOrEqual(runs + counts.loads + asked.length)
  said.status = 200
  const from = clock.now()
  while ((await completed()) < runs && clock.now() < from + 10 * minute) await clock.advance(1000)
  expect(await completed()).toBe(runs)
  // At most a minute until it is tried again, then as fast as the limit lets them, which takes 15 s.
  expect(clock.now() - from).toBeLessThan(2 * minute)
  expect(mostWithin(asked, 1000)).toBeLessThanOrEqual(20)
})

test('OUT-08: when it works again, those that wait follow as fast as the limit allows, without a wave', async () => {
  const runs = 300
  const { start, clock, counts, said, asked, completed } = await outage(limited)
  await start(runs)
  await clock.advance(30_000)
  said.status = 200
  while (asked.length === 0 || (asked.at(-1) ?? 0) < clock.now() - 60_000) await clock.advance(1000)
  const before = { ...counts }
  while ((await completed()) < runs) await clock.advance(1000)
  // Each wakes once to be served, and some once more because they came before their turn.
  expect(counts.loads - before.loads).toBeLessThan(1.5 * runs)
})

test('OUT-08: a step that must not be repeated becomes no unknown one while the breaker is open', async () => {
  const runs = 40
  const { start, clock, said, asked, completed } = await outage({}, { name: 'notify' })
  said.status = 'refused'
  await start(runs)
  await clock.advance(5 * minute)
  expect(asked.length).toBeLessThan(runs + 20)
  said.status = 200
  await clock.advance(2 * minute)
  expect(await completed()).toBe(runs)
})

test('OUT-08: runs that nobody calls back come by themselves, as after a crash', async () => {
  const { start, clock, said, crash, completed } = await outage({})
  await start(40)
  await clock.advance(minute)
  await crash()
  said.status = 200
  await clock.advance(5 * minute)
  expect(await completed()).toBe(40)
})

test('OUT-09: runs beyond what an upstream takes at once rest until there is room for them, and wake once', async () => {
  const runs = 600
  const { start, clock, said, asked, counts, completed } = await outage({ concurrency: { max: 5, adapt: false } })
  Object.assign(said, { status: 200, tookMs: 200 })
  await start(runs)
  while ((await completed()) < runs) await clock.advance(1000)
  expect(counts.loads).toBeLessThan(1.2 * runs)
  // Five at once, all the time.
  expect((asked.at(-1) ?? 0) - (asked[0] ?? 0)).toBeLessThan(1.1 * (runs / 5) * 200)
})

test('OUT-08, DUR-16: a step that must not be repeated writes three entries in an outage, however often it is put off', async () => {
  const runs = 5
  // No later try has its turn, and each run looks every now and then.
  const never = { breaker: false, retryBudget: { share: 0, perSecond: 0 } } as const
  const { start, clock, said, asked, counts, entries, count } = await outage(never, { name: 'notify' })
  said.status = 'refused'
  await start(runs)
  for (let hour = 0; hour < 4; hour += 1) await clock.advance(60 * minute)
  expect(counts.loads).toBeGreaterThan(100 * runs)
  expect(asked).toHaveLength(runs)
  // That it was about to leave, what came of it, and why it waits.
  expect(entries()).toStrictEqual(Array.from({ length: runs }, () => ['sending', 'attempt', 'attempt']))
  expect(await count('waiting')).toBe(runs)
})

test('DUR-02: a call that must not be repeated leaves when the journal has it that it is about to, and not earlier', async () => {
  const { start, clock, said, asked, entries, crash, count } = await outage({}, { name: 'notify', appendMs: 50 })
  said.status = 'nothing'
  await start(1)
  await clock.advance(49)
  expect(asked).toHaveLength(0)
  await clock.advance(10)
  expect(asked).toHaveLength(1)
  expect(entries()).toStrictEqual([['sending']])
  await crash()
  await clock.advance(minute)
  expect(await count('parked')).toBe(1)
  expect(asked).toHaveLength(1)
})

test('DUR-02: one that waits for its turn when the process is killed has not left: it goes once more', async () => {
  const one = { concurrency: { max: 1, adapt: false } } as const
  const { start, clock, said, asked, entries, crash, count } = await outage(one, { name: 'notify' })
  Object.assign(said, { status: 200, tookMs: 500 })
  await start(2)
  await clock.advance(100)
  expect(entries()).toStrictEqual([['sending'], []])
  await crash()
  await clock.advance(minute)
  expect([await count('parked'), await count('completed')]).toStrictEqual([1, 1])
  expect(asked).toHaveLength(2)
})

test('DUR-02: a journal that does not answer within the time of a call keeps it from leaving, and holds no place at the upstream', async () => {
  const one = { concurrency: { max: 1, adapt: false } } as const
  const { start, clock, asked, entries, count } = await outage(one, { name: 'notify', attempts: 1, appendMs: 40_000 })
  await start(2)
  await clock.advance(10 * minute)
  expect(asked).toHaveLength(0)
  const given = ['sending', 'step', 'end']
  expect(entries()).toStrictEqual([given, ['attempt', ...given]])
  expect(await count('failed')).toBe(2)
})
