import type { App } from '../definition/app.ts'
import type { FlowKey } from '../journal/journal.ts'
import { checkRuns } from './check.ts'
import type { Services } from './command.ts'
import { readRun } from './describe.ts'
import { detailOf } from './detail.ts'
import type { Inspection } from './engine.ts'
import { viewExchanges } from './excerpt.ts'
import { Flows } from './flows.ts'
import { listRuns } from './listing.ts'
import { Pictures } from './pictures.ts'
import type { AppPlan } from './plan.ts'

interface Parts {
  readonly app: App
  readonly plan: AppPlan
  readonly services: Services
  /** Runs in memory. */
  readonly inProgress: () => ReadonlySet<string>
  readonly isPaused: (flow: FlowKey) => boolean
}

/** What people ask of an engine; nothing of it changes anything. */
export function inspection({ app, plan, services, inProgress, isPaused }: Parts): Inspection {
  const { journal, clock } = services
  const list: Inspection['list'] = (query) => listRuns(query, { app, journal, inProgress })
  const flows = new Flows({ plan, services, isPaused, list, pictures: new Pictures(journal, clock) })
  return {
    list,
    flows: (tenant) => flows.all(tenant),
    flow: (tenant, name) => flows.one(tenant, name),
    counts: (tenant) => journal.counts(tenant),
    describe: (tenant, run) => detailOf({ tenant, run }, { services, inProgress }),
    async exchanges(tenant, run) {
      const read = await readRun({ tenant, run }, journal)
      return read === null ? null : viewExchanges(services.exchanges.of({ tenant, run }), read.entries)
    },
    check: (tenant) => checkRuns(tenant, services),
  }
}
