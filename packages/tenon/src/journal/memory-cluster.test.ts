import { haltingClock, mortalClock, virtualClock } from '../testing/virtual-clock.ts'
import type { Journal } from './journal.ts'
import { journalSuite } from './journal.suite.ts'
import { memoryCluster } from './memory-cluster.ts'
import { ownershipSuite, type ClusterHarness } from './suite/ownership.suite.ts'
import { permitsSuite } from './suite/permits.suite.ts'

journalSuite('a node of a memory cluster', async () => {
  const cluster = memoryCluster()
  let journal = cluster.open()
  return {
    journal,
    async reopen() {
      await journal.close()
      journal = cluster.open()
      return journal
    },
    end: () => journal.close(),
  }
})

async function open(): Promise<ClusterHarness> {
  const clock = virtualClock()
  const cluster = memoryCluster()
  const nodes = new Map<
    Journal,
    { readonly leaseClock: ReturnType<typeof haltingClock>; kill(): void; setCut(is: boolean): void }
  >()
  return {
    async open() {
      const own = mortalClock(clock)
      const leaseClock = haltingClock(own)
      let isCut = false
      const journal = cluster.open({ clock: own, leaseClock, faults: { isCut: () => isCut } })
      const kill = (): void => {
        journal.crash()
        own.kill()
      }
      nodes.set(journal, { leaseClock, kill, setCut: (is) => (isCut = is) })
      return journal
    },
    kill: async (journal) => nodes.get(journal)?.kill(),
    stop: (journal) => nodes.get(journal)?.leaseClock.halt(),
    goOn: (journal) => nodes.get(journal)?.leaseClock.goOn(),
    cut: (journal) => nodes.get(journal)?.setCut(true),
    heal: (journal) => nodes.get(journal)?.setCut(false),
    async until(isSo) {
      for (let step = 0; step < 1000; step += 1) {
        if (await isSo()) return
        await clock.advance(100)
      }
      throw new Error('it does not come about')
    },
    end: async () => undefined,
  }
}

ownershipSuite('memory', open)
permitsSuite('memory', open)
