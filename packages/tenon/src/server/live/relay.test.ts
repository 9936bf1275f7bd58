import { expect, test } from 'vitest'
import type { Happening } from '../../engine/engine.ts'
import { memoryCluster } from '../../journal/memory-cluster.ts'
import { virtualClock } from '../../testing/virtual-clock.ts'
import { createRelay } from './relay.ts'

/** Two nodes, each with an engine that tells what it is told to tell. */
function nodes() {
  const clock = virtualClock({ isDriven: true })
  const { open } = memoryCluster()
  const node = () => {
    let isCut = false
    const listeners = new Set<(happening: Happening) => void>()
    const listen = (listener: (happening: Happening) => void) => {
      listeners.add(listener)
      return () => void listeners.delete(listener)
    }
    const journal = open({ clock, faults: { isCut: () => isCut } })
    const relay = createRelay({ engine: { listen }, words: journal.ownership.membership!, clock })
    const tell = (run: string): void => {
      for (const listener of listeners) listener({ name: 'run.undone', tenant: 'default', at: 1, run, flow: 'order' })
    }
    return { relay, tell, listeners, cut: () => void (isCut = true) }
  }
  return { clock, one: node(), two: node() }
}

function watch({ relay }: ReturnType<typeof nodes>['one']) {
  const heard = { runs: [] as string[], lost: 0 }
  const stop = relay.watch({
    tell: (happening) => void heard.runs.push('run' in happening ? happening.run : ''),
    lost: (count) => void (heard.lost += count),
  })
  return { heard, stop }
}

test('who watches at one node hears what happens at the other; while nobody does, nothing is listened to', async () => {
  const { clock, one, two } = nodes()
  expect(two.listeners.size).toBe(0)
  const { heard, stop } = watch(one)
  await clock.advance(100)
  expect([one.listeners.size, two.listeners.size]).toEqual([0, 1])
  for (const run of ['a', 'b']) two.tell(run)
  await clock.advance(1000)
  two.tell('c')
  await clock.advance(1000)
  expect(heard).toEqual({ runs: ['a', 'b', 'c'], lost: 0 })
  stop()
  await clock.advance(100)
  expect(two.listeners.size).toBe(0)
})

test('more than goes into a sending is a gap of just so many, and what comes after is told', async () => {
  const { clock, one, two } = nodes()
  const { heard } = watch(one)
  await clock.advance(100)
  for (let time = 0; time < 5000; time += 1) two.tell('a')
  await clock.advance(1000)
  two.tell('b')
  await clock.advance(1000)
  expect(heard.lost).toBeGreaterThan(4000)
  expect(heard.runs.length + heard.lost).toBe(5001)
  expect(heard.runs.at(-1)).toBe('b')
})

test('a node whose watcher died without a word is told nothing after some seconds', async () => {
  const { clock, one, two } = nodes()
  watch(one)
  await clock.advance(20_000)
  expect(two.listeners.size).toBe(1)
  one.cut()
  await clock.advance(100)
  two.tell('a')
  await clock.advance(20_000)
  two.tell('b')
  await clock.advance(1000)
  expect(two.listeners.size).toBe(0)
})
