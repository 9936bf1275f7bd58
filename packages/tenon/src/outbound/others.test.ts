import { describe, expect, test } from 'vitest'
import type { PolicyOptions } from '../definition/policy.ts'
import { virtualClock } from '../testing/virtual-clock.ts'
import { answer } from './budget/rate.fixture.ts'
import { Budgets } from './budget/budgets.ts'
import { failedWith, isPostponed, type RawAnswer } from './outbound.ts'
import { othersBy, type Others, type Words } from './others.ts'
import { openPipeline, type Pipeline } from './pipeline.ts'
import { policy as breaker } from './policies/breaker.ts'
import { policy as rate } from './policies/rate.ts'
import { callOf, contextOf } from './policy.fixture.ts'

/** Nodes that hear one another, unless words are lost. */
function nodes(...names: string[]) {
  const clock = virtualClock({ startMs: 1_000_000 })
  const hearers = new Map<string, (word: string, from: string) => void>()
  const said: string[] = []
  let areLost = false
  const wordsOf = (name: string): Words => ({
    async say(words) {
      said.push(...words)
      if (areLost) return
      for (const [other, hear] of hearers) if (other !== name) words.forEach((word) => hear(word, name))
    },
    hear(listener) {
      hearers.set(name, listener)
      return () => hearers.delete(name)
    },
  })
  return {
    clock,
    said,
    others: names.map((name) => othersBy(wordsOf(name), clock)),
    lose: () => (areLost = true),
  }
}

type World = ReturnType<typeof nodes>

function pipelineAt(world: World, others: Others, options: PolicyOptions): Pipeline {
  const { clock } = world
  const context = contextOf(options, clock)
  const random = (): number => (world.others.indexOf(others) + 1) / 4
  return openPipeline([breaker, rate], { ...context, random, others, budgets: new Budgets({ clock, others }) })
}

/** `null` for a call that was turned away. */
async function statusOf(world: World, pipeline: Pipeline, given: RawAnswer | Error): Promise<number | null> {
  const calling = pipeline.run(callOf({ patienceMs: 0 }, world.clock), async () => {
    if (given instanceof Error) throw given
    return given
  })
  try {
    return (await calling).status
  } catch (error) {
    if (isPostponed(error)) return null
    return 0
  }
}

const soon = 50
const failure = failedWith('ambiguous', 'UPSTREAM_UNAVAILABLE', 'it fails')

describe('OUT-04: what one node is told of a limit the others know', () => {
  const options: PolicyOptions = { breaker: false, limits: { learn: 'github' } }
  const left = (remaining: number): RawAnswer =>
    answer(200, {
      'x-ratelimit-remaining': String(remaining),
      'x-ratelimit-limit': '5000',
      'x-ratelimit-reset': '2000',
    })

  test('after a refusal none of them calls before its time', async () => {
    const world = nodes('a', 'b')
    const [one, other] = world.others.map((others) => pipelineAt(world, others, options)) as [Pipeline, Pipeline]
    expect(await statusOf(world, one, answer(429, { 'retry-after': '30' }))).toBe(429)
    await world.clock.advance(soon)
    expect(await statusOf(world, other, answer(200))).toBe(null)
    await world.clock.advance(29_000)
    expect(await statusOf(world, other, answer(200))).toBe(null)
    await world.clock.advance(1000)
    expect(await statusOf(world, other, answer(200))).toBe(200)
  })

  test('what is left is divided between those that call, and told now and then, not with each answer', async () => {
    const world = nodes('a', 'b')
    const [one, other] = world.others.map((others) => pipelineAt(world, others, options)) as [Pipeline, Pipeline]
    for (let calls = 0; calls < 20; calls += 1) {
      await statusOf(world, one, left(4000 - 2 * calls))
      await statusOf(world, other, left(3999 - 2 * calls))
      await world.clock.advance(100)
    }
    expect(world.said.length).toBeLessThanOrEqual(4)
    await statusOf(world, one, left(9))
    await statusOf(world, other, left(8))
    await world.clock.advance(soon)
    let gone = 0
    for (const pipeline of [one, other])
      for (let calls = 0; calls < 10; calls += 1) if ((await statusOf(world, pipeline, answer(200))) !== null) gone += 1
    expect(gone).toBeLessThanOrEqual(8)
    expect(gone).toBeGreaterThanOrEqual(6)
  })
})

describe('OUT-08: breakers of several nodes', () => {
  const options: PolicyOptions = { limits: false }

  async function opened(world: World, [one, other]: readonly Pipeline[], asked: () => void): Promise<void> {
    for (let calls = 0; calls < 20; calls += 1) {
      asked()
      await statusOf(world, one as Pipeline, failure)
    }
    await world.clock.advance(soon)
    // Three that fail are enough for the other, which knows of it.
    for (let calls = 0; calls < 20; calls += 1)
      if ((await statusOf(world, other as Pipeline, failure)) !== null) asked()
  }

  test('one that has opened makes the others wary, which go on while it works for them', async () => {
    const world = nodes('a', 'b')
    const pipelines = world.others.map((others) => pipelineAt(world, others, options))
    let asked = 0
    await opened(world, pipelines, () => (asked += 1))
    expect(asked).toBe(23)

    const apart = nodes('a', 'b')
    const [sick, sound] = apart.others.map((others) => pipelineAt(apart, others, options)) as [Pipeline, Pipeline]
    for (let calls = 0; calls < 20; calls += 1) await statusOf(apart, sick, failure)
    await apart.clock.advance(soon)
    for (let calls = 0; calls < 50; calls += 1) expect(await statusOf(apart, sound, answer(200))).toBe(200)
  })

  test('few try over all nodes; when they succeed the others go on, and where nothing is heard each tries by itself', async () => {
    const world = nodes('a', 'b', 'c')
    const pipelines = world.others.map((others) => pipelineAt(world, others, options))
    await opened(world, pipelines, () => undefined)
    for (let calls = 0; calls < 3; calls += 1) await statusOf(world, pipelines[2] as Pipeline, failure)
    let tried = 0
    for (let ms = 0; ms < 60_000; ms += 100) {
      for (const pipeline of pipelines) if ((await statusOf(world, pipeline, failure)) !== null) tried += 1
      await world.clock.advance(100)
    }
    // After 5, 15 and 35 s one each; two may begin in the same moment.
    expect(tried).toBeLessThanOrEqual(5)
    expect(tried).toBeGreaterThanOrEqual(3)
    world.lose()
    await world.clock.advance(130_000)
    for (const pipeline of pipelines) expect(await statusOf(world, pipeline, answer(200))).toBe(200)
  })

  test('a node whose upstream works again tells it, and the others do not wait for their own time', async () => {
    const world = nodes('a', 'b')
    const [one, other] = world.others.map((others) => pipelineAt(world, others, options)) as [Pipeline, Pipeline]
    await opened(world, [one, other], () => undefined)
    await world.clock.advance(6000)
    expect(await statusOf(world, one, answer(200))).toBe(200)
    await world.clock.advance(soon)
    // Its turn to try is the other's.
    expect(await statusOf(world, other, answer(200))).toBe(null)
    for (let calls = 0; calls < 2; calls += 1) expect(await statusOf(world, one, answer(200))).toBe(200)
    await world.clock.advance(soon)
    expect(await statusOf(world, other, answer(200))).toBe(200)
  })
})
