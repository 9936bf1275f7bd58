import { describe, expect, test } from 'vitest'
import { systemClock } from '../base/clock.ts'
import { failedWith, postponed, type RawAnswer } from './outbound.ts'
import { loadPolicies, openPipeline, type Pipeline } from './pipeline.ts'
import { callOf, contextOf } from './policy.fixture.ts'
import { stages, type Policy, type PolicyEnd } from './policy.ts'

const ok: RawAnswer = { status: 200, headers: {}, body: Buffer.from('{}'), isComplete: true }

/** A policy that lets calls through, and writes down what it sees. */
function gate(name: string, seen: string[], admit: Policy['admit'] = () => undefined): Policy {
  return {
    admit(call) {
      const waiting = admit(call)
      seen.push(`${name} admitted`)
      return waiting
    },
    settled: (_call, { answer, error }: PolicyEnd) =>
      void seen.push(`${name} settled: ${answer?.status ?? error?.message}`),
  }
}

function pipelineOf(...policies: readonly (Policy | null)[]): Pipeline {
  return openPipeline(
    policies.map((policy) => ({ stage: 'breaker', open: () => policy })),
    contextOf(),
  )
}

describe('the pipeline', () => {
  test('its policies stand in the order of the stages, whatever the names of their files', async () => {
    const order = (await loadPolicies()).map(({ stage }) => stages.indexOf(stage))
    expect(order).toStrictEqual(order.toSorted((a, b) => a - b))
    expect(new Set(order).size).toBe(order.length)
  })

  test('a call passes its policies in order, and they hear of its end in the opposite one', async () => {
    const seen: string[] = []
    const pipeline = pipelineOf(gate('first', seen), null, gate('second', seen))
    const answer = await pipeline.run(callOf(), () => {
      seen.push('sent')
      return Promise.resolve(ok)
    })
    expect(answer).toBe(ok)
    expect(seen).toStrictEqual([
      'first admitted',
      'second admitted',
      'sent',
      'second settled: 200',
      'first settled: 200',
    ])
  })

  test.each([
    ['at once', () => Promise.reject(failedWith('ambiguous', 'UPSTREAM_UNAVAILABLE', 'broken'))],
    [
      'before anything is sent',
      () => {
        throw failedWith('not-sent', 'CREDENTIALS_REFUSED', 'broken')
      },
    ],
  ])('a call that fails %s settles each policy once', async (_when, send) => {
    const seen: string[] = []
    const pipeline = pipelineOf(gate('first', seen), gate('second', seen))
    await expect(pipeline.run(callOf(), send)).rejects.toThrow('broken')
    expect(seen).toStrictEqual(['first admitted', 'second admitted', 'second settled: broken', 'first settled: broken'])
  })

  test.each([
    [
      'at once',
      () => {
        throw postponed('RATE_LIMITED', 'not now', 5_000)
      },
    ],
    ['after a wait', () => Promise.reject(postponed('RATE_LIMITED', 'not now', 5_000))],
  ])(
    'a policy that turns a call away %s is not settled; those before it are, and nothing is sent',
    async (_, refuse) => {
      const seen: string[] = []
      const refusing: Policy = { admit: refuse, settled: () => void seen.push('refusing settled') }
      const pipeline = pipelineOf(gate('first', seen), refusing, gate('third', seen))
      const sending = pipeline.run(callOf(), () => Promise.reject(new Error('sent')))
      await expect(sending).rejects.toMatchObject({ code: 'RATE_LIMITED', retryAfterMs: 5_000 })
      expect(seen).toStrictEqual(['first admitted', 'first settled: not now'])
    },
  )

  test('a call goes on where it waited, and those before are not asked again', async () => {
    const seen: string[] = []
    const turn = Promise.withResolvers<undefined>()
    const pipeline = pipelineOf(
      gate('first', seen),
      gate('second', seen, () => turn.promise),
      gate('third', seen),
    )
    const sending = pipeline.run(callOf(), () => Promise.resolve(ok))
    expect(seen).toStrictEqual(['first admitted', 'second admitted'])
    turn.resolve(undefined)
    await sending
    expect(seen.slice(2)).toStrictEqual([
      'third admitted',
      'third settled: 200',
      'second settled: 200',
      'first settled: 200',
    ])
  })

  test('OUT-07: a call whose deadline passed, or that was given up, while it waited is not sent', async () => {
    const seen: string[] = []
    const given = new AbortController()
    const turn = Promise.withResolvers<undefined>()
    const pipeline = pipelineOf(gate('first', seen, () => turn.promise))
    const send = (): Promise<RawAnswer> => Promise.reject(new Error('sent'))
    const late = pipeline.run(callOf({ deadline: systemClock.now() }), send)
    const { request } = callOf()
    const { signal } = given
    const abandoned = pipeline.run(callOf({ signal, request: { ...request, signal } }), send)
    given.abort()
    turn.resolve(undefined)
    await expect(late).rejects.toMatchObject({ code: 'TIMEOUT', details: { fate: 'not-sent' } })
    await expect(abandoned).rejects.toMatchObject({ code: 'RUN_CANCELLED', details: { fate: 'not-sent' } })
    expect(seen.filter((one) => one.includes('settled'))).toHaveLength(2)
  })

  test('what stands around calls is passed by those that do not concern it', async () => {
    const keeping: Policy = {
      concerns: ({ request }) => request.method === 'GET',
      around: () => Promise.resolve({ ...ok, status: 203 }),
    }
    const pipeline = pipelineOf(keeping, { around: (call, next) => next({ ...call, attempt: call.attempt + 1 }) })
    const attempts: number[] = []
    const send = ({ attempt }: { attempt: number }): Promise<RawAnswer> => {
      attempts.push(attempt)
      return Promise.resolve(ok)
    }
    const { request } = callOf()
    expect((await pipeline.run(callOf(), send)).status).toBe(203)
    expect((await pipeline.run(callOf({ request: { ...request, method: 'POST' } }), send)).status).toBe(200)
    expect(attempts).toStrictEqual([2])
  })
})
