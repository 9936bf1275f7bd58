import { sleep, systemClock } from '../base/clock.ts'
import { usePostgres } from '../postgres/postgres.fixture.ts'
import { startProxy, type Proxy } from '../postgres/proxy.fixture.ts'
import { haltingClock } from '../testing/virtual-clock.ts'
import type { Journal } from './journal.ts'
import { journalSuite } from './journal.suite.ts'
import { postgresJournal, type PostgresJournal } from './postgres.ts'
import { ownershipSuite, type ClusterHarness } from './suite/ownership.suite.ts'
import { permitsSuite } from './suite/permits.suite.ts'

const server = usePostgres()

journalSuite('postgres', async () => {
  const url = server().url(await server().newDatabase())
  let journal = await postgresJournal({ url })
  return {
    journal,
    async reopen() {
      await journal.close()
      journal = await postgresJournal({ url })
      return journal
    },
    end: () => journal.close(),
  }
})

const leaseMs = 1500

async function open(): Promise<ClusterHarness> {
  const database = await server().newDatabase()
  const nodes = new Map<
    Journal,
    { readonly clock: ReturnType<typeof haltingClock>; readonly journal: PostgresJournal; readonly proxy: Proxy }
  >()
  return {
    async open() {
      const clock = haltingClock(systemClock)
      const proxy = await startProxy(server().port)
      const url = server().url(database, proxy.port)
      const journal = await postgresJournal({ url, leaseClock: clock, leaseMs, partitions: 16 })
      nodes.set(journal, { clock, journal, proxy })
      return journal
    },
    kill: async (journal) => nodes.get(journal)?.journal.kill(),
    stop: (journal) => nodes.get(journal)?.clock.halt(),
    goOn: (journal) => nodes.get(journal)?.clock.goOn(),
    cut: (journal) => nodes.get(journal)?.proxy.cut(),
    heal: (journal) => nodes.get(journal)?.proxy.heal(),
    async until(isSo) {
      for (const end = Date.now() + 20 * leaseMs; Date.now() < end;) {
        if (await isSo()) return
        await sleep(systemClock, 20)
      }
      throw new Error('it does not come about')
    },
    async end() {
      for (const { clock, journal, proxy } of nodes.values()) {
        clock.goOn()
        await journal.close()
        await proxy.close()
      }
    },
  }
}

ownershipSuite('postgres', open)
permitsSuite('postgres', open)
