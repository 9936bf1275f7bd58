import { expect, test } from 'vitest'
import { RateWorld } from '../outbound/budget/rate.fixture.ts'
import { budgetGauges } from './measures.ts'
import { authorised, expectProblem, start } from './server.fixture.ts'

const limits = { declared: [{ name: 'default', requests: 10, per: '1s' as const }] }

test('OUT-04: the API tells how the budgets of the own tenant stand, and to nobody without a right', async () => {
  const { budgets, policyOf, call } = withCalls()
  const { ask } = await start({ budgets })
  await expectProblem(await ask('/api/v1/budgets'), 401, 'UNAUTHENTICATED')
  void policyOf('default').admit?.(call({ tenant: 'default' }))
  void policyOf('other').admit?.(call({ tenant: 'other' }))
  const answer = (await (await ask('/api/v1/budgets', { headers: authorised })).json()) as { budgets: object[] }
  expect(answer.budgets).toMatchObject([
    { connector: 'shop', connection: 'main', limit: 'default', used: 1, flows: [{ flow: 'orders', used: 1 }] },
  ])
})

test('OUT-04: metrics tell of all accounts together, by names of definitions only', async () => {
  const { budgets, policyOf, call } = withCalls()
  void policyOf('default').admit?.(call({ tenant: 'default' }))
  void policyOf('other', 'second').admit?.(call({ tenant: 'other', connection: 'second' }))
  const [used] = budgetGauges(budgets)
  expect(await used?.read()).toEqual([[{ connector: 'shop', limit: 'default' }, 2]])
})

function withCalls() {
  const world = new RateWorld(limits)
  return {
    budgets: world.budgets,
    policyOf: world.policyOf.bind(world),
    call: world.call.bind(world),
  }
}
