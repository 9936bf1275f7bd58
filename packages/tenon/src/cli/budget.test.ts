import picocolors from 'picocolors'
import { expect, test } from 'vitest'
import { RateWorld } from '../outbound/budget/rate.fixture.ts'
import { budgetTable } from './commands/budget.ts'

const colours = picocolors.createColors(false)

test('OUT-04: tenon budget shows what is used, by which flow, who waits, and until when', async () => {
  const world = new RateWorld({ declared: [{ name: 'default', requests: 10, per: '1s', burst: 1 }] })
  const policy = world.policyOf('default')
  void policy.admit?.(world.call({ tenant: 'default' }))
  void policy.admit?.(world.call({ tenant: 'default', flow: null }))
  await world.clock.advance(100)
  void policy.admit?.(world.call({ tenant: 'default' }))
  expect(budgetTable(world.budgets.view('default'), world.clock.now(), colours)).toEqual([
    'account    limit    takes      used              now',
    'shop/main  default  10 in 1 s  2 of 100 in 10 s  1 call waits, done in 100 ms',
    '  orders: 1',
    '  outside flows: 1',
  ])
  await world.clock.advance(1000)
})
