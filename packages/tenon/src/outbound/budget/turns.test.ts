import { describe, expect, test } from 'vitest'
import { TenonError } from '../../base/errors.ts'
import type { Priority } from '../../definition/policy.ts'
import { answer, RateWorld, type Asked } from './rate.fixture.ts'

const patient = { patienceMs: 60_000, deadline: 9_999_999 } as const

const worldOf = (requests: number, more = {}) =>
  new RateWorld({ declared: [{ name: 'default', requests, per: '1s', burst: 1, ...more }] })

/** Asks for a turn; says when it goes, and for how long it is put off where it may not wait. */
function ask(world: RateWorld, asked: Partial<Asked> = {}, onGo: () => void = () => undefined): number {
  const policy = world.policyOf('a')
  const call = world.call(asked)
  const go = (): void => {
    onGo()
    policy.settled?.(call, { answer: answer(200), tookMs: 0 })
  }
  try {
    const turn = policy.admit?.(call)
    if (turn === undefined) go()
    else turn.then(go, () => undefined)
    return 0
  } catch (error) {
    return (error as TenonError).retryAfterMs ?? 0
  }
}

/** So many of each priority wait at one moment; the order in which they went, within so long. */
async function order(world: RateWorld, counts: Readonly<Record<Priority, number>>, ms: number): Promise<Priority[]> {
  const went: Priority[] = []
  for (const [priority, count] of Object.entries(counts) as [Priority, number][])
    for (let number = 0; number < count; number += 1)
      ask(world, { priority, ...patient }, () => void went.push(priority))
  await world.clock.advance(ms)
  return went
}

describe('OUT-09: turns', () => {
  test("of five turns one is a sync's: it goes as soon as it is owed a whole one", async () => {
    const world = worldOf(10)
    ask(world)
    const went = await order(world, { interactive: 12, sync: 2, backfill: 0 }, 5000)
    expect(went.map((priority) => priority[0]).join('')).toBe('iiiisiiiisiiii')
  })

  test('who stays away is owed three turns at most', async () => {
    const world = worldOf(10)
    ask(world)
    expect(ask(world, { priority: 'sync', patienceMs: 0 })).toBeGreaterThan(0)
    expect(await order(world, { interactive: 60, sync: 0, backfill: 0 }, 10_000)).toHaveLength(60)
    const went = await order(world, { interactive: 8, sync: 8, backfill: 0 }, 850)
    expect(went.slice(0, 8).filter((priority) => priority === 'sync').length).toBeLessThanOrEqual(4)
  })

  test('one who gives up lets those go at once who were held back for it', async () => {
    const world = worldOf(10, { burst: 10, costs: { search: 10 } })
    for (let number = 0; number < 9; number += 1) ask(world)
    const abort = new AbortController()
    const went: string[] = []
    ask(world, { operation: 'search', signal: abort.signal, ...patient }, () => void went.push('search'))
    ask(world, patient, () => void went.push('list'))
    expect(went).toStrictEqual([])
    abort.abort(new TenonError('DRAINING', 'going down'))
    await world.clock.settle()
    expect(went).toStrictEqual(['list'])
  })

  test('the timer is set anew for one whose turn is sooner', async () => {
    const world = new RateWorld({
      declared: [
        { name: 'reads', requests: 1, per: '10s', methods: ['GET'] },
        { name: 'writes', requests: 1, per: '1s', methods: ['POST'] },
      ],
    })
    const write = { operation: 'create', method: 'POST' } as const
    ask(world)
    ask(world, write)
    const went: string[] = []
    ask(world, patient, () => void went.push('read'))
    ask(world, { ...write, ...patient }, () => void went.push('write'))
    await world.clock.advance(1100)
    expect(went).toStrictEqual(['write'])
    await world.clock.advance(9000)
    expect(went).toStrictEqual(['write', 'read'])
  })
})

describe('OUT-09: those who are put off', () => {
  const put = { priority: 'backfill', patienceMs: 0 } as const
  const postponed = (world: RateWorld): number | undefined => world.budgets.view('a')[0]?.postponed

  test('come at the pace that the others leave them', async () => {
    const world = worldOf(10)
    ask(world)
    await order(world, { interactive: 100, sync: 0, backfill: 0 }, 10_000)
    ask(world)
    const [first, second] = [ask(world, put), ask(world, put)]
    // A twentieth of ten in a second.
    expect(second - first).toBeGreaterThan(1800)
    const idle = worldOf(10)
    ask(idle)
    const [one, next] = [ask(idle, put), ask(idle, put)]
    expect(next - one).toBeLessThan(150)
  })

  test('have one place each, however often they come too early', async () => {
    const world = worldOf(1, { per: '10s' })
    ask(world)
    const again = { since: world.clock.now(), patienceMs: 1000 }
    for (let time = 0; time < 4; time += 1) {
      expect(ask(world, again)).toBeGreaterThan(0)
      expect(postponed(world)).toBe(1)
      await world.clock.advance(1500)
    }
  })

  test('are forgotten where they do not come: a run that was cancelled in between', async () => {
    const world = worldOf(1)
    ask(world)
    expect(ask(world, put)).toBeGreaterThan(0)
    await world.clock.advance(90_000)
    expect(postponed(world)).toBe(1)
    ask(world)
    expect(ask(world, put)).toBeGreaterThan(0)
    expect(postponed(world)).toBe(1)
  })
})
