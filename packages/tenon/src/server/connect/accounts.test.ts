import { afterAll, beforeAll, expect, test } from 'vitest'
import { stage, type Stage } from './connecting.fixture.ts'

let at: Stage
beforeAll(async () => {
  at = await stage()
})
afterAll(() => at.provider.close())

test('AUT-06: a credential that no request can carry is refused by its field, as input and without its value', async () => {
  const mia = await at.signIn('mia')
  const fields = { certificate: 'canary-1', privateKey: 'canary-2' }
  const answer = await at.ask('PUT', '/api/v1/connections/bank/main', { as: mia, body: { fields } })
  expect(answer.status).toBe(400)
  expect(JSON.parse(answer.text)).toMatchObject({
    code: 'INPUT_INVALID',
    detail: expect.stringContaining('certificate'),
  })
  expect(answer.text).not.toContain('canary')
  expect(at.kept.size).toBe(0)
})
