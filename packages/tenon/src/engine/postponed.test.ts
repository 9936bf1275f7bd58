import { expect, test } from 'vitest'
import type { CallRequest } from '../client/client.ts'
import { defineFlow } from '../definition/flow.ts'
import { describeRun, readRun } from './describe.ts'
import { failed, never, warehouse, world, type World } from './engine.fixture.ts'
import type { RunView } from './view.ts'

const minute = 60_000

const calling = (operation: 'reserve' | 'notify') =>
  defineFlow('order', {
    trigger: warehouse.on('ordered'),
    uses: { warehouse },
    retry: { attempts: 2, base: '1s', cap: '1s' },
    run: ({ warehouse }) => warehouse[operation]({}),
  })

async function look(at: World, run: string | undefined): Promise<RunView> {
  const read = await readRun({ tenant: 'default', run: run ?? '' }, at.journal)
  if (read === null) throw new Error('there is no such run')
  return describeRun(read)
}

test.each(['reserve', 'notify'] as const)(
  'OUT-03: a %s whose turn has not come rests until it has, over a crash, and is no try',
  async (operation) => {
    const at = await world([calling(operation)])
    at.upstream.turn(operation, (_request, count) => (count <= 3 ? 10 * minute : null))
    const [run] = await at.send('ordered', {})
    await at.clock.advance(9 * minute)
    expect(await look(at, run)).toMatchObject({
      status: 'waiting',
      waitsFor: expect.stringMatching(new RegExp(`^the turn of warehouse.${operation}#1 until `)),
      steps: [{ state: 'waiting', attempts: [], postponed: { reason: { code: 'RATE_LIMITED' } } }],
    })
    await at.crash()
    await at.clock.advance(0.5 * minute)
    expect(at.upstream.count(operation)).toBe(1)
    await at.clock.advance(minute)
    expect(at.upstream.count(operation)).toBe(2)
    const [step] = (await look(at, run)).steps
    expect(step?.postponed?.until).toBeGreaterThan(at.clock.now())
    await at.clock.advance(20 * minute)
    expect(at.upstream.requests.map(({ attempt }) => attempt)).toStrictEqual([1, 1, 1, 1])
    expect(await look(at, run)).toMatchObject({
      status: 'completed',
      steps: [{ state: 'completed', attempts: [{ number: 1 }], postponed: null }],
    })
  },
)

test('OUT-03: tries are counted beside postponements, and their pauses grow as without', async () => {
  const at = await world([calling('reserve')])
  const turns = [5 * minute, null, 5 * minute, 100]
  at.upstream.turn('reserve', (_request, count) => turns[count - 1] ?? null)
  at.upstream.on('reserve', () => failed('answered', { retryable: true }))
  const [run] = await at.send('ordered', {})
  await at.clock.advance(11 * minute)
  expect(at.upstream.requests.map(({ attempt }) => attempt)).toStrictEqual([1, 1, 2, 2, 2])
  const { status, steps } = await look(at, run)
  expect(status).toBe('failed')
  expect(steps[0]?.attempts.map(({ number }) => number)).toStrictEqual([1, 2])
})

test('OUT-03: a run that is called back asks before its time, also when that is in the moment in which it leaves memory', async () => {
  const at = await world([calling('reserve')])
  const resting: CallRequest['resting'][] = []
  at.upstream.turn('reserve', (request, count) => {
    resting.push(request.resting)
    if (count === 2) request.resting?.comeBack()
    return count < 4 ? 10 * minute : null
  })
  const [run] = await at.send('ordered', {})
  await at.clock.advance(minute)
  expect(at.upstream.count('reserve')).toBe(1)
  resting[0]?.comeBack()
  await at.clock.advance(minute)
  expect(at.upstream.count('reserve')).toBe(3)
  for (const one of resting) one?.comeBack()
  await at.clock.advance(1)
  expect(await look(at, run)).toMatchObject({ status: 'completed' })
  // Who has ended stays as it is.
  for (const one of resting) one?.comeBack()
  await at.clock.advance(minute)
  expect(at.upstream.count('reserve')).toBe(4)
  const read = await readRun({ tenant: 'default', run: run ?? '' }, at.journal)
  expect(read?.entries.map(({ kind }) => kind)).toStrictEqual(['attempt', 'step', 'end'])
})

test.each(['reserve', 'notify'] as const)(
  'OUT-03: a %s that waits now for this, now for that, has each reason written down once after a try, also over a crash',
  async (operation) => {
    const at = await world([calling(operation)])
    at.upstream.turn(operation, (_request, count) =>
      count === 21 ? null : count % 2 === 0 ? [minute, 'CIRCUIT_OPEN'] : minute,
    )
    at.upstream.on(operation, () => failed('not-sent', { retryable: true }))
    const [run] = await at.send('ordered', {})
    await at.clock.advance(10 * minute)
    await at.crash()
    await at.clock.advance(60 * minute)
    expect(at.upstream.count(operation)).toBeGreaterThan(60)
    const sending = operation === 'notify' ? ['sending'] : []
    const read = await readRun({ tenant: 'default', run: run ?? '' }, at.journal)
    expect(read?.entries.map(({ kind }) => kind)).toStrictEqual([
      'attempt',
      'attempt',
      ...sending,
      'attempt',
      'attempt',
      'attempt',
    ])
  },
)

test('OUT-03: each reason is written down once, too, where another step keeps the run in memory', async () => {
  const both = defineFlow('order', {
    trigger: warehouse.on('ordered'),
    uses: { warehouse },
    run: ({ warehouse }) => Promise.all([warehouse.read({}), warehouse.reserve({})]),
  })
  const at = await world([both])
  at.upstream.on('read', never)
  at.upstream.turn('reserve', (_request, count) => (count % 2 === 0 ? [minute, 'CIRCUIT_OPEN'] : minute))
  const [run] = await at.send('ordered', {})
  await at.clock.advance(10 * minute)
  expect(at.upstream.count('reserve')).toBeGreaterThan(9)
  const read = await readRun({ tenant: 'default', run: run ?? '' }, at.journal)
  expect(read?.entries.map(({ kind }) => kind)).toStrictEqual(['attempt', 'attempt'])
})

test('a short wait for a turn stays in memory and writes nothing', async () => {
  const at = await world([calling('reserve')])
  at.upstream.turn('reserve', (_request, count) => (count === 1 ? 500 : null))
  const [run] = await at.send('ordered', {})
  await at.clock.advance(1_000)
  const read = await readRun({ tenant: 'default', run: run ?? '' }, at.journal)
  expect(read?.entries.map(({ kind }) => kind)).toStrictEqual(['step', 'end'])
})
