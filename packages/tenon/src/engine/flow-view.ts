import type { RunCounts } from '../journal/history.ts'
import type { RunSummary, StepView } from './view.ts'

/** A flow as the app defines it, and how its runs stand. */
export interface FlowSummary {
  readonly name: string
  /** The newest first: that is the one described here. */
  readonly versions: readonly number[]
  readonly description: string | null
  readonly trigger: TriggerView
  readonly uses: readonly UseView[]
  readonly waits: readonly WaitView[]
  /** Its runs go one at a time for each key. */
  readonly keyed: boolean
  readonly concurrency: number | null
  readonly paused: boolean
  readonly counts: RunCounts
}

export interface UseView {
  readonly alias: string
  readonly connector: string
}

export interface WaitView {
  readonly name: string
  /** An event type, as `connector/type`, or `signal`. */
  readonly source: string
}

export interface TriggerView {
  readonly kind: 'event' | 'schedule' | 'manual'
  readonly connector?: string
  readonly type?: string
  readonly cron?: string
  readonly timeZone?: string
  /** The next time of a schedule, `null` for none. */
  readonly nextAt?: number | null
  /** In plain words. */
  readonly text: string
}

export interface FlowDetail extends FlowSummary {
  /** JSON Schema of the event's data or of the input, `null` where the schema cannot say. */
  readonly schema: Readonly<Record<string, unknown>> | null
  /** Data that the latest run was started with, `null` for none. */
  readonly sample: unknown
  readonly picture: FlowPicture
  readonly recent: readonly RunSummary[]
}

/** What runs of a flow did, learnt from their journals. */
export interface FlowPicture {
  /** Of so many runs, the latest. */
  readonly runs: number
  readonly nodes: readonly FlowNode[]
  /** `null` is the start, or the end. Steps that go on side by side share where they come from. */
  readonly edges: readonly FlowEdge[]
}

export interface FlowNode {
  /** Name of the step; without its number where a loop makes many of them. */
  readonly step: string
  readonly kind: StepView['kind']
  readonly isUndo: boolean
  /** Runs that had it. */
  readonly seen: number
  /** Runs in which it failed, or its outcome was unknown. */
  readonly failed: number
  /** Half of them took no longer, tries and pauses between them included; `null` when none has ended. */
  readonly p50Ms: number | null
  /** Of a call. */
  readonly alias: string | null
  readonly operation: string | null
}

export interface FlowEdge {
  readonly from: string | null
  readonly to: string | null
  readonly seen: number
}
