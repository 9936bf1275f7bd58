// PostgreSQL with a synchronous standby, and the network between it and each node.
import { postgresJournal } from '../../../packages/tenon/src/journal/postgres.ts'
import type { Journal } from '../../../packages/tenon/src/journal/journal.ts'
import { type PostgresServer, startPostgres } from '../../../packages/tenon/src/postgres/postgres.fixture.ts'
import { type Proxy, startProxy } from '../../../packages/tenon/src/postgres/proxy.fixture.ts'
import type { Secret } from '../../../packages/tenon/src/base/secret.ts'

/** One node's way to the two servers. */
export interface Line {
  readonly url: string
  cut(): void
  blackhole(): void
  delay(ms: number): void
  heal(): void
}

export interface Database {
  /** A way to it for one more node. */
  newLine(): Promise<Line>
  /** Ends the primary as a power cut does, makes the standby the primary, and gives it a new standby. Resolves when commits are answered again by two. */
  failOver(): Promise<void>
  openJournal(): Promise<Journal>
  close(): Promise<void>
}

export async function startDatabase(): Promise<Database> {
  let primary = await startPostgres({ fsync: true })
  const name = await primary.newDatabase()
  let standby = await primary.addStandby()
  const proxies: Proxy[] = []
  const gone: PostgresServer[] = []

  return {
    async newLine() {
      const two = await Promise.all([startProxy(() => primary.port), startProxy(() => standby.port)])
      proxies.push(...two)
      const url: Secret = primary.url(
        name,
        two.map(({ port }) => port),
      )
      const each = (act: (proxy: Proxy) => void) => (): void => two.forEach(act)
      return {
        url: url.reveal(),
        cut: each((proxy) => proxy.cut()),
        blackhole: each((proxy) => proxy.blackhole()),
        delay: (ms) => two.forEach((proxy) => proxy.delay(ms)),
        heal: each((proxy) => proxy.heal()),
      }
    },
    async failOver() {
      await primary.kill()
      await standby.promote()
      gone.push(primary)
      primary = standby
      standby = await primary.addStandby()
    },
    openJournal: () => postgresJournal({ url: primary.url(name) }),
    async close() {
      await Promise.all(proxies.map((proxy) => proxy.close()))
      for (const server of [standby, primary, ...gone]) await server.remove()
    },
  }
}
