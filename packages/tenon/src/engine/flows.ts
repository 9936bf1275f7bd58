import type { Connector } from '../definition/connector.ts'
import type { Uses, WaitSource } from '../definition/flow.ts'
import type { Trigger } from '../definition/trigger.ts'
import { noRuns } from '../journal/counts.ts'
import type { RunCounts } from '../journal/history.ts'
import type { FlowKey } from '../journal/journal.ts'
import type { Services } from './command.ts'
import type { Inspection } from './engine.ts'
import { isReference } from './entries.ts'
import type { FlowDetail, FlowSummary, TriggerView } from './flow-view.ts'
import { jsonSchemaOf } from './json-schema.ts'
import { decodeEvent } from './messages.ts'
import type { Pictures } from './pictures.ts'
import type { AppPlan, FlowPlan } from './plan.ts'
import { nextTime, scheduleWords } from './schedule-words.ts'

interface Parts {
  readonly plan: AppPlan
  readonly services: Services
  readonly isPaused: (flow: FlowKey) => boolean
  readonly list: Inspection['list']
  readonly pictures: Pictures
}

const mostRecent = 20

/** The flows of the app as data. */
export class Flows {
  readonly #parts: Parts

  constructor(parts: Parts) {
    this.#parts = parts
  }

  async all(tenant: string): Promise<readonly FlowSummary[]> {
    const { plan, services } = this.#parts
    const counts = await services.journal.countsByFlow(tenant)
    const newest = plan.flows.filter((flow) => plan.find(flow.name) === flow)
    return newest.map((flow) => this.#summaryOf(tenant, flow, counts[flow.name]))
  }

  async one(tenant: string, name: string): Promise<FlowDetail | null> {
    const { plan, services, list, pictures } = this.#parts
    const flow = plan.find(name)
    if (flow === null) return null
    const [counts, recent, picture] = await Promise.all([
      services.journal.countsByFlow(tenant),
      list({ tenant, flow: name, limit: mostRecent }),
      pictures.of(tenant, flow),
    ])
    return {
      ...this.#summaryOf(tenant, flow, counts[name]),
      schema: schemaOf(flow),
      sample: await sampleOf(tenant, recent.runs[0]?.run, services),
      picture,
      recent: recent.runs,
    }
  }

  #summaryOf(tenant: string, flow: FlowPlan, counts: RunCounts = noRuns()): FlowSummary {
    const { plan, services, isPaused } = this.#parts
    const { name } = flow
    const { description, trigger, uses, waits, key } = flow.flow.options
    return {
      name,
      versions: plan.flows
        .filter((other) => other.name === name)
        .map(({ version }) => version)
        .sort((left, right) => right - left),
      description: description ?? null,
      trigger: viewTrigger(trigger as Trigger, services.clock.now()),
      uses: Object.entries((uses ?? {}) as Uses).map(([alias, use]) => ({ alias, connector: connectorOf(use).name })),
      waits: Object.entries((waits ?? {}) as Record<string, WaitSource>).map(([wait, source]) => ({
        name: wait,
        source: source.kind === 'signal' ? 'signal' : `${source.connector.name}/${source.type}`,
      })),
      keyed: key !== undefined,
      concurrency: Number.isFinite(flow.concurrency) ? flow.concurrency : null,
      paused: isPaused({ tenant, flow: name }),
      counts,
    }
  }
}

function connectorOf(use: Uses[string]): Connector {
  return (use.kind === 'connector' ? use : use.connector) as Connector
}

function viewTrigger(trigger: Trigger, now: number): TriggerView {
  switch (trigger.kind) {
    case 'event-trigger': {
      const { connector, type } = trigger
      return { kind: 'event', connector: connector.name, type, text: `when ${connector.name} sends ${type}` }
    }
    case 'schedule-trigger': {
      const { cron, timeZone } = trigger
      return { kind: 'schedule', cron, timeZone, nextAt: nextTime(trigger, now), text: scheduleWords(trigger) }
    }
    default:
      return { kind: 'manual', text: 'by hand, by a program or by another flow' }
  }
}

function schemaOf(flow: FlowPlan): FlowDetail['schema'] {
  const trigger = flow.flow.options.trigger as Trigger
  if (trigger.kind === 'manual-trigger') return jsonSchemaOf(trigger.input)
  return trigger.kind === 'event-trigger' ? jsonSchemaOf(trigger.connector.options.events?.[trigger.type]?.data) : null
}

async function sampleOf(tenant: string, run: string | undefined, { journal }: Services): Promise<unknown> {
  if (run === undefined) return null
  const [loaded] = await journal.load([{ tenant, run }])
  // What is kept out of line is too large to be a sample.
  return loaded === null || loaded === undefined || isReference(loaded.input) ? null : decodeEvent(loaded.input).data
}
