import type { App } from '../definition/app.ts'
import { checkRuns } from './check.ts'
import type { Services } from './command.ts'
import { readRun } from './describe.ts'
import { detailOf } from './detail.ts'
import type { Inspection } from './engine.ts'
import { viewExchanges } from './excerpt.ts'
import { listRuns } from './listing.ts'

interface Parts {
  readonly app: App
  readonly services: Services
  /** Runs in memory. */
  readonly inProgress: () => ReadonlySet<string>
}

/** What people ask of an engine; nothing of it changes anything. */
export function inspection({ app, services, inProgress }: Parts): Inspection {
  const { journal } = services
  return {
    list: (query) => listRuns(query, { app, journal, inProgress }),
    counts: (tenant) => journal.counts(tenant),
    describe: (tenant, run) => detailOf({ tenant, run }, { services, inProgress }),
    async exchanges(tenant, run) {
      const read = await readRun({ tenant, run }, journal)
      return read === null ? null : viewExchanges(services.exchanges.of({ tenant, run }), read.entries)
    },
    check: (tenant) => checkRuns(tenant, services),
  }
}
