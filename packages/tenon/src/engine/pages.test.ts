import { expect, test } from 'vitest'
import { defineFlow, type Flow } from '../definition/flow.ts'
import { signal } from '../definition/trigger.ts'
import { warehouse, world, type World } from './engine.fixture.ts'
import type { RunView } from './view.ts'

const uses = { warehouse }

async function view(at: World, run: string): Promise<RunView> {
  const found = await at.engine.describe('default', run)
  if (found === null) throw new Error(`there is no run ${run}`)
  return found
}

const stepsOf = ({ steps }: RunView): readonly string[] => steps.map(({ name }) => name)

/** Reads all pages, and waits for a signal between them where it is asked to. */
function reader(waitsAfter: number): Flow {
  return defineFlow('reader', {
    trigger: warehouse.on('ordered'),
    uses,
    waits: { go: signal() },
    async run({ warehouse, step }) {
      const all: string[] = []
      for await (const { items } of warehouse.list.pages({})) {
        all.push(...items)
        if (all.length === waitsAfter) await step.waitFor('go')
      }
      return all
    },
  })
}

const pages: Readonly<Record<string, { readonly items: readonly string[]; readonly next: string | null }>> = {
  first: { items: ['a', 'b'], next: 'p2' },
  p2: { items: ['c'], next: 'p3' },
  p3: { items: ['d'], next: null },
}
const answer = ({ input }: { readonly input: unknown }): unknown =>
  pages[(input as { readonly after?: string }).after ?? 'first']

test('REST-06: a list is read page by page, each page a step; after a crash those that came are not asked for again', async () => {
  const at = await world([reader(3)])
  at.upstream.on('list', answer)
  const [run = ''] = await at.send('ordered', {})
  await at.clock.settle()
  expect(at.upstream.count('list')).toBe(2)
  await at.crash()
  await at.clock.settle()
  await at.engine.signal({ tenant: 'default', run, name: 'go', data: null, id: 's1' })
  await at.clock.settle()
  expect((await view(at, run)).output).toEqual(['a', 'b', 'c', 'd'])
  expect(at.upstream.requests.filter(({ operation }) => operation === 'list').map(({ input }) => input)).toEqual([
    {},
    { after: 'p2' },
    { after: 'p3' },
  ])
  expect(stepsOf(await view(at, run))).toEqual([
    'warehouse.list#1',
    'warehouse.list#2',
    'waitFor.go#1',
    'warehouse.list#3',
  ])
})

test('REST-06: a list that comes back to a page it gave already ends with an error', async () => {
  const at = await world([reader(-1)])
  at.upstream.on('list', () => ({ items: ['a'], next: 'p2' }))
  const [run = ''] = await at.send('ordered', {})
  await at.clock.settle()
  expect(at.upstream.count('list')).toBe(2)
  expect(await view(at, run)).toMatchObject({ status: 'failed', code: 'UPSTREAM_ANSWER_INVALID' })
})

test('REST-06: a provider that does not look at the number of a page does not keep a run for ever', async () => {
  const numbered = defineFlow('numbered', {
    trigger: warehouse.on('ordered'),
    uses,
    async run({ warehouse }) {
      let pages = 0
      for await (const _page of warehouse.numbered.pages({})) pages += 1
      return pages
    },
  })
  const at = await world([numbered])
  at.upstream.on('numbered', () => ['a', 'b'])
  const [run = ''] = await at.send('ordered', {})
  await at.clock.settle()
  expect(at.upstream.count('numbered')).toBe(2)
  expect(await view(at, run)).toMatchObject({ status: 'failed', code: 'UPSTREAM_ANSWER_INVALID' })
})

test('REST-06: whoever stops looking asks for no further page', async () => {
  const first = defineFlow('first', {
    trigger: warehouse.on('ordered'),
    uses,
    async run({ warehouse }) {
      for await (const { items } of warehouse.list.pages({}, { step: 'first page' })) return items
      return []
    },
  })
  const at = await world([first])
  at.upstream.on('list', answer)
  const [run = ''] = await at.send('ordered', {})
  await at.clock.settle()
  expect(at.upstream.count('list')).toBe(1)
  expect((await view(at, run)).output).toEqual(['a', 'b'])
  expect(stepsOf(await view(at, run))).toEqual(['first page'])
})
