import { describe, expect, test } from 'vitest'
import { fateOf, failedWith, type RawAnswer, type SendRequest } from '../outbound.ts'
import type { PolicyCall } from '../policy.ts'
import { policy as coalesce } from './coalesce.ts'
import { answered, errorOf, policyBench } from './by-hand.fixture.ts'

/** Calls wait until the test answers them. */
function bench() {
  const parts = policyBench(coalesce)
  const policy = parts.open()
  const asked: { call: PolicyCall; answer: (raw: RawAnswer) => void; fail: (error: Error) => void }[] = []
  return {
    ...parts,
    asked,
    send: (request: Partial<SendRequest> = {}, more: Partial<PolicyCall> = {}) =>
      policy.around!(
        parts.callOf(request, more),
        (call) => new Promise((answer, fail) => asked.push({ call, answer, fail })),
      ),
    get pending() {
      return parts.pending
    },
  }
}

const turn = (): Promise<void> => new Promise((resolve) => setImmediate(resolve))

describe('OUT-11: equal reads at the same moment are one call', () => {
  test('all get its answer, and the next one asks anew', async () => {
    const all = bench()
    const answers = [all.send(), all.send(), all.send()]
    expect(all.asked).toHaveLength(1)
    all.asked[0]!.answer(answered('one'))
    expect((await Promise.all(answers)).map(({ body }) => body.toString())).toEqual(['one', 'one', 'one'])
    expect(all.pending).toBe(0)
    void all.send()
    expect(all.asked).toHaveLength(2)
  })

  test.each([
    ['another path', { path: '/things?page=2' }, {}],
    ['another method', { method: 'HEAD' }, {}],
    ['another header', { headers: ['accept', 'text/csv'] }, {}],
    ['one header more', { headers: ['accept', 'application/json', 'x-mine', '1'] }, {}],
    ['a body', { body: '{}' }, {}],
    ['a write', { method: 'POST' }, { repeat: 'keyed' }],
    ['a read that is known to have an effect', {}, { repeat: 'unsafe' }],
    ['another priority: nobody in a hurry waits for the turn of who is not', {}, { priority: 'interactive' }],
  ] as const)('not with %s', (_what, request, more) => {
    const all = bench()
    void all.send()
    void all.send(request as Partial<SendRequest>, more)
    expect(all.asked).toHaveLength(2)
  })

  test('who asks after a change does not get what was asked before it', async () => {
    const all = bench()
    void all.send()
    const change = all.send({ method: 'POST' }, { repeat: 'keyed' })
    all.asked[1]!.answer(answered('done'))
    await change
    const after = all.send()
    expect(all.asked).toHaveLength(3)
    all.asked[2]!.answer(answered('new'))
    expect((await after).body.toString()).toBe('new')
  })
})

describe('each waits for itself', () => {
  test('one that follows ends at its own deadline or abort; the others go on', async () => {
    const all = bench()
    const abort = new AbortController()
    const leader = all.send()
    const hurried = errorOf(all.send({}, { deadline: all.callOf().deadline - 29_000 }))
    const given = errorOf(all.send({}, { signal: abort.signal }))
    const patient = all.send()
    abort.abort()
    expect(await given).toMatchObject({ code: 'RUN_CANCELLED' })
    all.pass(1000)
    expect(await hurried).toMatchObject({ code: 'TIMEOUT' })
    all.asked[0]!.answer(answered('one'))
    expect((await Promise.all([leader, patient])).map(({ body }) => body.toString())).toEqual(['one', 'one'])
    expect(all.asked).toHaveLength(1)
    expect(all.pending).toBe(0)
  })

  test('a failure of the call is shared', async () => {
    const all = bench()
    const both = [errorOf(all.send()), errorOf(all.send())]
    all.asked[0]!.fail(failedWith('ambiguous', 'UPSTREAM_UNAVAILABLE', 'broke'))
    expect((await Promise.all(both)).map(fateOf)).toEqual(['ambiguous', 'ambiguous'])
    expect(all.asked).toHaveLength(1)
  })

  test('a leader that is given up by its caller takes nobody with it: the others make one call again', async () => {
    const all = bench()
    const abort = new AbortController()
    const leader = errorOf(all.send({}, { signal: abort.signal }))
    const others = [all.send(), all.send()]
    abort.abort()
    all.asked[0]!.fail(failedWith('ambiguous', 'RUN_CANCELLED', 'given up'))
    await leader
    await turn()
    expect(all.asked).toHaveLength(2)
    all.asked[1]!.answer(answered('two'))
    expect((await Promise.all(others)).map(({ body }) => body.toString())).toEqual(['two', 'two'])
  })

  test('a leader that wanted to wait for less long takes nobody with it; what is left is the limit of the next', async () => {
    const all = bench()
    const leader = errorOf(all.send({}, { deadline: all.callOf().deadline - 25_000 }))
    const other = all.send()
    all.pass(5000)
    all.asked[0]!.fail(failedWith('ambiguous', 'TIMEOUT', 'too long'))
    await leader
    await turn()
    expect(all.asked[1]!.call.request.timeoutMs).toBe(25_000)
    all.asked[1]!.answer(answered('two'))
    expect((await other).body.toString()).toBe('two')
  })
})
