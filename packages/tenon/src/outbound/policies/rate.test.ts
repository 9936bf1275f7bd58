import { array, assert, asyncProperty, constantFrom, integer, record } from 'fast-check'
import { describe, expect, test } from 'vitest'
import { TenonError } from '../../base/errors.ts'
import { answer, jain, mostWithin, RateWorld, type Asked } from '../budget/rate.fixture.ts'
import { isPostponed } from '../outbound.ts'
import type { PolicyCall } from '../policy.ts'

const perSecond = (requests: number, more = {}) => ({
  declared: [{ name: 'default', requests, per: '1s' as const, ...more }],
})

function thrown(work: () => unknown): TenonError {
  try {
    work()
  } catch (error) {
    return error as TenonError
  }
  throw new Error('nothing was thrown')
}

const times = ({ granted }: RateWorld): number[] => granted.map(({ at }) => at)

describe('OUT-04: the declared limit', () => {
  test('in no stretch of its length go more than it says, whoever asks and whenever; and all come to their turn', async () => {
    const caller = record({
      at: integer({ min: 0, max: 3000 }),
      tenant: constantFrom('a', 'b', 'c'),
      priority: constantFrom('interactive', 'sync', 'backfill'),
    })
    await assert(
      asyncProperty(
        array(caller, { minLength: 1, maxLength: 60 }),
        integer({ min: 1, max: 20 }),
        integer({ min: 1, max: 5 }),
        async (callers, requests, burst) => {
          const world = new RateWorld(perSecond(requests, { scope: 'app', burst: Math.min(burst, requests) }))
          await world.all(callers, 200_000)
          expect(world.granted).toHaveLength(callers.length)
          expect(mostWithin(times(world), 1000)).toBeLessThanOrEqual(requests)
        },
      ),
      { numRuns: 40 },
    )
  })

  test('a thousand tenants use all of it, with even shares', async () => {
    const world = new RateWorld(perSecond(380, { scope: 'app', burst: 5 }))
    const began = world.clock.now()
    const callers = Array.from({ length: 4000 }, (_, index) => ({
      at: 0,
      // One in ten asks for five times as much.
      tenant: `t${index < 2500 ? index % 1000 : (index % 100) * 10}`,
      patienceMs: 30_000,
    }))
    await world.all(callers, 20_000)
    expect(world.granted).toHaveLength(4000)
    expect(mostWithin(times(world), 1000)).toBe(380)
    // 380 at once from the start on would have it done ten seconds after the first second's.
    expect(Math.max(...times(world)) - began).toBeLessThanOrEqual((4000 / 380) * 1000)
    const early = world.granted.slice(0, 1900).map(({ tenant }) => tenant)
    const shares = Array.from({ length: 1000 }, (_, tenant) => early.filter((one) => one === `t${tenant}`).length)
    expect(jain(shares)).toBeGreaterThan(0.95)
  })

  test('several windows hold at once', async () => {
    const world = new RateWorld({
      declared: [
        { name: 'second', requests: 10, per: '1s' },
        { name: 'minute', requests: 60, per: '1m', burst: 20 },
      ],
    })
    await world.all(
      Array.from({ length: 100 }, () => ({ at: 0 })),
      600_000,
    )
    expect(world.granted).toHaveLength(100)
    expect(mostWithin(times(world), 1000)).toBeLessThanOrEqual(10)
    expect(mostWithin(times(world), 60_000)).toBeLessThanOrEqual(60)
  })

  test('one who is within it goes at once, without a promise', () => {
    const world = new RateWorld(perSecond(100))
    expect(world.policyOf('a').admit?.(world.call())).toBeUndefined()
  })

  test('reads and writes have their own where the provider counts them apart', () => {
    const world = new RateWorld({
      declared: [
        { name: 'reads', requests: 1, per: '1m', methods: ['GET'] },
        { name: 'writes', requests: 1, per: '1m', methods: ['POST'] },
      ],
    })
    const policy = world.policyOf('a')
    expect(policy.admit?.(world.call())).toBeUndefined()
    expect(policy.admit?.(world.call({ operation: 'create', method: 'POST' }))).toBeUndefined()
    expect(thrown(() => policy.admit?.(world.call())).code).toBe('RATE_LIMITED')
  })

  test('an operation that costs more points leaves room for fewer', () => {
    const world = new RateWorld(perSecond(10, { burst: 10, costs: { search: 8 } }))
    const policy = world.policyOf('a')
    expect(policy.admit?.(world.call({ operation: 'search' }))).toBeUndefined()
    expect(policy.admit?.(world.call())).toBeUndefined()
    expect(policy.admit?.(world.call())).toBeUndefined()
    expect(thrown(() => policy.admit?.(world.call({ patienceMs: 0 }))).retryAfterMs).toBeGreaterThan(0)
  })

  test('a limit for live keys does not count those with test keys', () => {
    const world = new RateWorld(perSecond(1, { when: { field: 'key', startsWith: ['key_live'] } }))
    const admit = (connection: string) =>
      world.policyOf('a', connection).admit?.(world.call({ connection, patienceMs: 0 }))
    expect([admit('test'), admit('test'), admit('live')]).toEqual([undefined, undefined, undefined])
    expect(thrown(() => admit('live')).code).toBe('RATE_LIMITED')
  })

  test('each account has its own; two connections to one account share one', () => {
    const own = new RateWorld(perSecond(1))
    const admit = (world: RateWorld, connection: string) =>
      world.policyOf('a', connection).admit?.(world.call({ connection, patienceMs: 0 }))
    expect([admit(own, 'one'), admit(own, 'two')]).toEqual([undefined, undefined])
    const shared = new RateWorld({ ...perSecond(1, { scope: 'app' }) })
    expect(admit(shared, 'one')).toBeUndefined()
    expect(thrown(() => admit(shared, 'two')).code).toBe('RATE_LIMITED')
  })

  test('a call that a later policy turned away is not counted', () => {
    const world = new RateWorld(perSecond(1))
    const policy = world.policyOf('a')
    const call = world.call()
    const error = new TenonError('CIRCUIT_OPEN', 'open', { details: { fate: 'not-sent' } })
    void policy.admit?.(call)
    policy.settled?.(call, { error, tookMs: 0 })
    expect(policy.admit?.(world.call())).toBeUndefined()
  })
})

describe('OUT-04: what answers tell', () => {
  const told = (world: RateWorld, ...[status, headers, body]: Parameters<typeof answer>): void => {
    const policy = world.policyOf('a')
    const call = world.call()
    void policy.admit?.(call)
    policy.settled?.(call, { answer: answer(status, headers, body), tookMs: 1 })
  }
  const waitMs = (world: RateWorld): number => {
    try {
      const turn = world.policyOf('a').admit?.(world.call({ patienceMs: 0 }))
      expect(turn).toBeUndefined()
      return 0
    } catch (error) {
      expect(isPostponed(error)).toBe(true)
      return (error as TenonError).retryAfterMs ?? 0
    }
  }

  test('without a declared limit nothing is held back, until an answer says so', () => {
    const world = new RateWorld({})
    expect(Array.from({ length: 1000 }, () => waitMs(world)).every((ms) => ms === 0)).toBe(true)
    told(world, 429, { 'retry-after': '7' })
    expect(waitMs(world)).toBeGreaterThanOrEqual(7000)
  })

  test('Retry-After wins over the reset of the same answer, the longer and the shorter', async () => {
    for (const [seconds, reset] of [
      ['3', 60],
      ['60', 3],
    ] as const) {
      const world = new RateWorld({})
      told(world, 429, { 'retry-after': seconds, ratelimit: `"default";r=0;t=${reset}` })
      await world.clock.advance(Number(seconds) * 1000 - 1)
      expect(waitMs(world)).toBeGreaterThan(0)
      await world.clock.advance(1)
      expect(waitMs(world)).toBe(0)
    }
  })

  test('a 429 that says nothing else pauses for a second, and for longer each time', async () => {
    const world = new RateWorld({})
    told(world, 429)
    expect(waitMs(world)).toBeLessThan(1100)
    await world.clock.advance(1000)
    told(world, 429)
    expect(waitMs(world)).toBeGreaterThanOrEqual(2000)
  })

  test('a refusal for one group of operations does not hold up the others', () => {
    const world = new RateWorld({
      declared: [
        { name: 'reads', requests: 100, per: '1s', methods: ['GET'] },
        { name: 'writes', requests: 100, per: '1s', methods: ['POST'] },
      ],
    })
    told(world, 429, { 'retry-after': '30' })
    expect(waitMs(world)).toBeGreaterThanOrEqual(30_000)
    const write = world.call({ operation: 'create', method: 'POST' })
    expect(world.policyOf('a').admit?.(write)).toBeUndefined()
  })

  test('what is left at the provider lowers what is left here, never raises it', async () => {
    const world = new RateWorld(perSecond(10, { burst: 5 }))
    told(world, 200, { ratelimit: '"default";r=2;t=30' })
    expect([waitMs(world), waitMs(world)]).toEqual([0, 0])
    expect(waitMs(world)).toBeGreaterThan(25_000)
    await world.clock.advance(30_000)
    told(world, 200, { ratelimit: '"default";r=1000;t=30' })
    const free = Array.from({ length: 10 }, () => waitMs(world)).filter((ms) => ms === 0)
    expect(free).toHaveLength(4)
  })

  test('a call that never left takes nothing of it', () => {
    const world = new RateWorld({})
    told(world, 200, { ratelimit: '"default";r=1;t=30' })
    const policy = world.policyOf('a')
    const call = world.call()
    void policy.admit?.(call)
    policy.settled?.(call, { error: new TenonError('TIMEOUT', 'late', { details: { fate: 'not-sent' } }), tookMs: 0 })
    expect([waitMs(world), waitMs(world) > 0]).toEqual([0, true])
  })

  test('what is malformed is ignored', () => {
    const world = new RateWorld({})
    for (const ratelimit of [
      '',
      '"default"',
      '"default";r=-1;t=5',
      '"default;r=0;t=5',
      'default;r=0;t=5',
      '"x";r=0;t=1.5',
      '"x";r="0";t=5',
    ])
      told(world, 200, { ratelimit })
    told(world, 200, { 'retry-after': '60' })
    expect(waitMs(world)).toBe(0)
  })

  test("a connector's own words can say that a refusal concerns nobody else", () => {
    const world = new RateWorld({ learn: ({ json }) => ((json() as { code: number }).code === 131_056 ? [] : null) })
    told(world, 429, {}, '{"code":131056}')
    expect(waitMs(world)).toBe(0)
    told(world, 429, { 'retry-after': '5' }, '{"code":130429}')
    expect(waitMs(world)).toBeGreaterThanOrEqual(5000)
  })

  test('names that a provider makes up do not fill the memory', () => {
    const world = new RateWorld({})
    for (let name = 0; name < 1000; name += 1) told(world, 200, { ratelimit: `"${name}";r=100000;t=60` })
    expect(world.budgets.view('a').flatMap(({ learnt }) => learnt).length).toBeLessThanOrEqual(8)
  })
})

describe('OUT-09: turns', () => {
  const many = (count: number, asked: Partial<Asked>, everyMs = 0) =>
    Array.from({ length: count }, (_, index) => ({ at: index * everyMs, ...asked }))

  test('tenants have the same share, however many calls each has waiting (Jain >= 0.9)', async () => {
    const world = new RateWorld(perSecond(50, { scope: 'app' }))
    const tenants = Array.from({ length: 20 }, (_, index) => `tenant-${index}`)
    // The first asks for twenty times what the last does, and all for more than their share.
    const callers = tenants.flatMap((tenant, index) => many(400 - index * 15, { tenant, flow: null }))
    await world.all(callers, 20_000)
    const counts = tenants.map((tenant) => world.granted.filter((one) => one.tenant === tenant).length)
    expect(jain(counts)).toBeGreaterThanOrEqual(0.9)
    expect(world.granted.length).toBeGreaterThan(0.9 * 20 * 47.5)
  })

  test('within a tenant the first who asked is the first to go', async () => {
    const world = new RateWorld(perSecond(10))
    await world.all(many(30, { patienceMs: 50_000, deadline: 9_999_999 }, 7), 60_000)
    expect(world.granted.map(({ askedAt }) => askedAt)).toEqual(
      world.granted.map(({ askedAt }) => askedAt).toSorted((one, other) => one - other),
    )
  })

  test('interactive calls go before syncs, syncs before backfills', async () => {
    const world = new RateWorld(perSecond(10))
    const patient = { patienceMs: 50_000, deadline: 9_999_999 }
    await world.all(
      (['backfill', 'sync', 'interactive'] as const).flatMap((priority) => many(10, { priority, ...patient })),
      60_000,
    )
    const meanOf = (priority: string): number => {
      const own = world.granted.filter((one) => one.priority === priority)
      return own.reduce((sum, { at }) => sum + at, 0) / own.length
    }
    expect(meanOf('interactive')).toBeLessThan(meanOf('sync'))
    expect(meanOf('sync')).toBeLessThan(meanOf('backfill'))
  })

  test('the later priorities keep their share under an endless rush of the first: nobody starves', async () => {
    const world = new RateWorld(perSecond(20))
    // Twice what the limit takes, for two minutes.
    const rush = many(4800, { priority: 'interactive', tenant: 'a' }, 25)
    const late = (['sync', 'backfill'] as const).flatMap((priority) => many(60, { priority, tenant: 'a' }))
    await world.all([...rush, ...late], 120_000)
    const done = (priority: string): number => world.granted.filter((one) => one.priority === priority).length
    expect(done('sync')).toBe(60)
    expect(done('backfill')).toBe(60)
    expect(mostWithin(times(world), 1000)).toBeLessThanOrEqual(20)
  })

  test('postponed calls come back spread over the time that their turns take, and few of them in vain', async () => {
    const world = new RateWorld(perSecond(20))
    await world.all(many(1000, {}), 120_000)
    expect(world.granted).toHaveLength(1000)
    // 51 seconds at best.
    expect(Math.max(...times(world)) - 1_000_000).toBeLessThan(60_000)
    const postponed = world.granted.map((one) => one.postponed)
    expect(postponed.reduce((sum, one) => sum + one, 0) / 1000).toBeLessThan(1.5)
  })

  test('one who comes back goes before those who came in between', async () => {
    const world = new RateWorld(perSecond(1))
    const policy = world.policyOf('a')
    const order: string[] = []
    const first = world.call({ patienceMs: 0 })
    const before = world.call()
    void policy.admit?.(before)
    policy.settled?.(before, { answer: answer(200), tookMs: 0 })
    expect(thrown(() => policy.admit?.(first)).retryAfterMs).toBeGreaterThan(0)
    await world.clock.advance(10)
    const wait = { patienceMs: 10_000 }
    const turn = async (call: PolicyCall, name: string): Promise<void> => {
      await policy.admit?.(call)
      order.push(name)
      policy.settled?.(call, { answer: answer(200), tookMs: 0 })
    }
    void turn(world.call(wait), 'younger')
    void turn({ ...world.call(wait), since: first.since }, 'older')
    await world.clock.advance(5000)
    expect(order).toEqual(['older', 'younger'])
  })

  test('a wait ends with its signal, and takes nothing', async () => {
    const world = new RateWorld(perSecond(1))
    const policy = world.policyOf('a')
    const abort = new AbortController()
    const before = world.call()
    void policy.admit?.(before)
    policy.settled?.(before, { answer: answer(200), tookMs: 0 })
    const waiting = policy.admit?.(world.call({ signal: abort.signal, patienceMs: 5000 })) as Promise<void>
    abort.abort(new TenonError('DRAINING', 'going down'))
    await expect(waiting).rejects.toMatchObject({ code: 'DRAINING', details: { fate: 'not-sent' } })
    expect(world.budgets.view('a')).toMatchObject([{ waiting: 0, used: 1 }])
    await world.clock.advance(1000)
    expect(policy.admit?.(world.call())).toBeUndefined()
  })

  test('an operation that costs much is not starved by cheap ones', async () => {
    const world = new RateWorld(perSecond(19, { burst: 10, costs: { search: 10 } }))
    const cheap = many(300, { flow: 'cheap' }, 50)
    await world.all([...cheap, { at: 1000, operation: 'search', patienceMs: 20_000, deadline: 9_999_999 }], 60_000)
    expect(world.granted).toHaveLength(301)
  })
})

describe('OUT-04: how budgets stand', () => {
  test('they tell what was used by which flow, who waits, and when the backlog is done', async () => {
    const world = new RateWorld(perSecond(10, { burst: 1 }))
    const policy = world.policyOf('a')
    void policy.admit?.(world.call({ flow: 'orders' }))
    await world.clock.advance(200)
    void policy.admit?.(world.call({ flow: 'sync-stock' }))
    void policy.admit?.(world.call())
    for (let more = 0; more < 9; more += 1) thrown(() => policy.admit?.(world.call({ patienceMs: 0 })))
    const [view] = world.budgets.view('a')
    expect(view).toMatchObject({
      connector: 'shop',
      connection: 'main',
      limit: 'default',
      requests: 10,
      perMs: 1000,
      used: 2,
      allowed: 100,
      flows: [
        { flow: 'orders', used: 1 },
        { flow: 'sync-stock', used: 1 },
      ],
      waiting: 1,
      postponed: 9,
    })
    expect((view?.doneAt ?? 0) - world.clock.now()).toBe(1000)
  })

  test('a tenant sees its own and those of the app, not those of others', () => {
    const own = new RateWorld(perSecond(1))
    own.policyOf('a')
    own.policyOf('b')
    expect(own.budgets.view('a')).toHaveLength(1)
    expect(own.budgets.view(null)).toHaveLength(2)
  })
})
