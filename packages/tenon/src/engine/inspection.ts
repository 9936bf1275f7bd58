import type { App } from '../definition/app.ts'
import { checkRuns } from './check.ts'
import type { Services } from './command.ts'
import { detailOf } from './detail.ts'
import type { Inspection } from './engine.ts'
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
    check: (tenant) => checkRuns(tenant, services),
  }
}
