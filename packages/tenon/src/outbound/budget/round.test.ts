import { expect, test } from 'vitest'
import { virtualClock } from '../../testing/virtual-clock.ts'
import type { Words } from '../others.ts'
import type { BudgetView } from './budgets.ts'
import { Round } from './round.ts'

function viewOf(more: Partial<BudgetView> = {}): BudgetView {
  return {
    connector: 'shop',
    connection: 'main',
    limit: 'all',
    requests: 10,
    perMs: 1000,
    used: 5,
    windowMs: 10_000,
    allowed: 100,
    flows: [{ flow: 'orders', used: 5 }],
    learnt: [],
    pausedUntil: null,
    waiting: 0,
    postponed: 0,
    doneAt: null,
    ...more,
  }
}

/** Nodes with these budgets each; those that are silent hear and say nothing. */
function nodes(views: Readonly<Record<string, readonly BudgetView[]>>, silent: readonly string[] = []) {
  const clock = virtualClock()
  const hearers = new Map<string, (word: string, from: string) => void>()
  const said: string[] = []
  const wordsOf = (name: string): Words => ({
    async say(words, to) {
      said.push(...words)
      for (const [other, hear] of hearers)
        if (other !== name && (to ?? other) === other && !silent.includes(other))
          for (const word of words) clock.after(2, () => hear(word, name))
    },
    hear(listener) {
      hearers.set(name, listener)
      return () => hearers.delete(name)
    },
  })
  const rounds = Object.entries(views).map(([name, own]) => {
    const count = async (): Promise<number> => Object.keys(views).length
    const view = (tenant: string | null): readonly BudgetView[] => (tenant === 'other' ? [] : own)
    return new Round({ clock, words: wordsOf(name), nodes: count, budgets: { view } })
  })
  return { clock, said, first: rounds[0] as Round }
}

test('OUT-04: what all nodes used of a limit is one figure, by flow, with all who wait', async () => {
  const { clock, first } = nodes({
    a: [viewOf()],
    b: [
      viewOf({
        used: 7,
        flows: [
          { flow: 'stock', used: 4 },
          { flow: 'orders', used: 3 },
        ],
        waiting: 2,
        doneAt: 40,
      }),
    ],
    c: [viewOf({ connection: 'second' }), viewOf({ limit: null, pausedUntil: 9 })],
  })
  const asked = first.view('default')
  await clock.advance(10)
  expect(await asked).toMatchObject({
    nodes: { there: 3, told: 3 },
    budgets: [
      {
        connection: 'main',
        limit: 'all',
        used: 12,
        waiting: 2,
        doneAt: 40,
        flows: [
          { flow: 'orders', used: 8 },
          { flow: 'stock', used: 4 },
        ],
      },
      { connection: 'main', limit: null, pausedUntil: 9 },
      { connection: 'second', used: 5 },
    ],
  })
})

test('OUT-04: who does not answer is left out after a moment, and that is said', async () => {
  const { clock, first } = nodes({ a: [viewOf()], b: [viewOf()], c: [viewOf()] }, ['c'])
  const asked = first.view(null)
  await clock.advance(499)
  expect(await Promise.race([asked, Promise.resolve('waits')])).toBe('waits')
  await clock.advance(1)
  expect(await asked).toMatchObject({ nodes: { there: 3, told: 2 }, budgets: [{ used: 10 }] })
})

test('OUT-04: more than one word holds comes in parts, and another tenant sees nothing of it', async () => {
  const many = Array.from({ length: 300 }, (_, index) => viewOf({ connection: `account-${index}` }))
  const { clock, first, said } = nodes({ a: [], b: many })
  const asked = first.view('default')
  await clock.advance(10)
  expect((await asked).budgets.length).toBe(300)
  expect(Math.max(...said.map((word) => Buffer.byteLength(word)))).toBeLessThanOrEqual(7500)
  const other = first.view('other')
  await clock.advance(10)
  expect(await other).toEqual({ budgets: [], nodes: { there: 2, told: 2 } })
})

test('a node whose words are lost tells of itself', async () => {
  const { clock, first } = nodes({ a: [viewOf()], b: [viewOf()] }, ['a', 'b'])
  const asked = first.view('default')
  await clock.advance(500)
  expect(await asked).toMatchObject({ nodes: { there: 2, told: 1 }, budgets: [{ used: 5 }] })
})
