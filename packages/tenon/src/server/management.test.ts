import { describe, expect, test } from 'vitest'
import { asJson, authorised, expectProblem, start } from './server.fixture.ts'

describe('runs', () => {
  test('runs are started, listed in pages, shown, and found by a part of their id', async () => {
    const { ask } = await start()
    const ids: string[] = []
    for (const month of ['1', '2', '3']) {
      const response = await ask('/api/v1/runs', {
        method: 'POST',
        headers: asJson,
        body: JSON.stringify({ flow: 'by-hand', input: { month } }),
      })
      expect(response.status).toBe(202)
      ids.push(((await response.json()) as { run: string }).run)
    }
    const first = (await (await ask('/api/v1/runs?limit=2', { headers: authorised })).json()) as {
      runs: { run: string }[]
      next: string
    }
    const second = (await (
      await ask(`/api/v1/runs?limit=2&before=${first.next}`, { headers: authorised })
    ).json()) as typeof first
    expect([...first.runs, ...second.runs].map(({ run }) => run).toSorted()).toEqual(ids.toSorted())
    expect(second.next).toBeNull()
    const shown = (await (await ask(`/api/v1/runs/${ids[1]?.slice(-8)}`, { headers: authorised })).json()) as {
      run: string
    }
    expect(shown.run).toBe(ids[1])
  })

  test.each([
    ['an input that does not fit', { flow: 'by-hand', input: {} }, 400, 'INPUT_INVALID'],
    ['an unknown flow', { flow: 'nothing' }, 404, 'NOT_FOUND'],
    ['no flow', {}, 400, 'INPUT_INVALID'],
    ['an id with a slash of its own', { flow: 'by-hand', id: '' }, 400, 'INPUT_INVALID'],
  ])('a start with %s is refused', async (_what, body, status, code) => {
    const { ask, runs } = await start()
    await expectProblem(
      await ask('/api/v1/runs', {
        method: 'POST',
        headers: asJson,
        body: JSON.stringify(body),
      }),
      status,
      code,
    )
    expect(await runs()).toBe(0)
  })
})
