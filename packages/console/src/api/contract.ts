// The management API as this console knows it. The server's schemas are the source: GET /api/v1/openapi.json.

export const runStatuses = ['ready', 'queued', 'waiting', 'parked', 'completed', 'failed', 'cancelled'] as const
export type RunStatus = (typeof runStatuses)[number]

export interface Status {
  readonly state: 'starting' | 'ready' | 'draining'
  readonly activity: { readonly inProgress: number; readonly readied: number; readonly nextWakeAt: number | null }
  readonly counts: Readonly<Record<RunStatus, number>>
  readonly webhooks: readonly Webhook[]
  readonly version: string
  readonly app: { readonly name: string }
  readonly startedAt: number
}

export interface Webhook {
  readonly path: string
  readonly connector: string
  readonly connection: string
  readonly verification: string
}

export interface Session {
  readonly by: string
  readonly tenant: string
  readonly rights: readonly string[]
  readonly expiresAt: number | null
}

export interface RunSummary {
  readonly run: string
  readonly flow: string
  readonly version: number
  readonly status: RunStatus
  readonly key: string | null
  readonly createdAt: number
  readonly updatedAt: number
  readonly endedAt: number | null
  readonly wakeAt: number | null
  readonly code: string | null
  readonly parent: { readonly run: string; readonly step: string } | null
  readonly linked: string | null
  readonly inMemory: boolean
}

export interface RunPage {
  readonly runs: readonly RunSummary[]
  readonly next: string | null
}

export interface RunFilter {
  readonly flow?: string | undefined
  /** One or several, comma separated. */
  readonly status?: string | undefined
  readonly key?: string | undefined
  readonly code?: string | undefined
  /** Beginning or end of a run's id. */
  readonly id?: string | undefined
  readonly event?: string | undefined
  readonly since?: string | undefined
  readonly until?: string | undefined
}

export type RunAction = 'retry' | 'anew' | 'cancel' | 'signal' | 'decide'

export interface RunDetail extends RunSummary {
  readonly event: {
    readonly id: string
    readonly type: string
    readonly at: number
    readonly source: string
    readonly data: unknown
  } | null
  readonly input: unknown
  readonly steps: readonly StepView[]
  /** False: the code no longer fits this journal, so the inputs of its steps could not be recomputed. */
  readonly inputsFit: boolean
  readonly output: unknown
  readonly error: ErrorView | null
  readonly waitsFor: string | null
  readonly undo: 'none' | 'begun' | 'done'
  readonly behind: readonly { readonly run: string; readonly createdAt: number }[]
  readonly behindCount: number
  readonly ahead: string | null
  readonly children: readonly ChildRun[]
  readonly actions: readonly RunAction[]
  readonly unknownSteps: readonly string[]
  readonly signals: readonly string[]
}

export interface ChildRun {
  readonly run: string
  readonly flow: string
  readonly status: RunStatus
  readonly step: string
}

export type StepKind = 'call' | 'run' | 'sleep' | 'wait' | 'child' | 'child-result'
export type StepState = 'running' | 'waiting' | 'completed' | 'failed' | 'unknown'

export interface DecisionView {
  readonly by: string
  readonly at: number
  readonly kind: 'happened' | 'did-not-happen' | 'retry'
}

export interface StepView {
  readonly name: string
  readonly kind: StepKind
  readonly isUndo: boolean
  readonly state: StepState
  readonly startedAt: number
  readonly endedAt: number | null
  readonly attempts: readonly AttemptView[]
  readonly postponed: { readonly reason: ErrorView; readonly until: number } | null
  readonly decision: DecisionView | null
  readonly input?: unknown
  readonly result: unknown
  readonly error: ErrorView | null
}

export interface AttemptView {
  readonly number: number
  readonly startedAt: number
  readonly endedAt: number | null
  readonly error: ErrorView | null
  readonly retryAt: number | null
}

export interface ErrorView {
  readonly name: string
  readonly code: string
  readonly message: string
}

export interface Exchange {
  readonly step: string
  readonly attempt: number
  readonly at: number
  readonly tookMs: number | null
  readonly request: SentPart & { readonly method: string; readonly url: string }
  readonly answer: (SentPart & { readonly status: number }) | null
  readonly error: ErrorView | null
}

export interface SentPart {
  readonly headers: Readonly<Record<string, string>>
  readonly body: string | null
  readonly truncated: boolean
}

export interface TriggerView {
  readonly kind: 'event' | 'schedule' | 'manual'
  readonly connector?: string
  readonly type?: string
  readonly cron?: string
  readonly timeZone?: string
  readonly nextAt?: number | null
  readonly text: string
}

export interface FlowSummary {
  readonly name: string
  readonly versions: readonly number[]
  readonly description: string | null
  readonly trigger: TriggerView
  readonly uses: readonly { readonly alias: string; readonly connector: string }[]
  readonly waits: readonly { readonly name: string; readonly source: string }[]
  readonly keyed: boolean
  readonly concurrency: number | null
  readonly paused: boolean
  readonly counts: Readonly<Record<RunStatus, number>>
}

export interface FlowDetail extends FlowSummary {
  readonly schema: JsonSchema | null
  readonly sample: unknown
  readonly picture: FlowPicture
  readonly recent: readonly RunSummary[]
}

export interface FlowPicture {
  /** How many runs it was learnt from. */
  readonly runs: number
  readonly nodes: readonly PictureNode[]
  /** `null` is the start or the end. */
  readonly edges: readonly { readonly from: string | null; readonly to: string | null; readonly seen: number }[]
}

export interface PictureNode {
  readonly step: string
  readonly kind: StepKind
  readonly isUndo: boolean
  readonly seen: number
  readonly failed: number
  readonly p50Ms: number | null
  readonly alias: string | null
  readonly operation: string | null
}

/** What of JSON Schema a form can be made of; everything else is written as JSON. */
export interface JsonSchema {
  readonly type?: string | readonly string[]
  readonly title?: string
  readonly description?: string
  readonly format?: string
  readonly enum?: readonly unknown[]
  readonly const?: unknown
  readonly default?: unknown
  readonly properties?: Readonly<Record<string, JsonSchema>>
  readonly required?: readonly string[]
  readonly items?: JsonSchema
  readonly minimum?: number
  readonly maximum?: number
  readonly minLength?: number
  readonly maxLength?: number
  readonly pattern?: string
  readonly anyOf?: readonly JsonSchema[]
  readonly oneOf?: readonly JsonSchema[]
}

export interface SimulatorSummary {
  readonly connector: string
  readonly baseUrl: string
  readonly events: readonly string[]
  readonly undelivered: number
  readonly fault: boolean
}

export interface SimulatorDetail extends SimulatorSummary {
  readonly state: Readonly<Record<string, Readonly<Record<string, unknown>>>>
  /** Latest first. */
  readonly requests: readonly SeenRequest[]
  readonly deliveries: readonly Delivery[]
  readonly faults: readonly SetFault[]
  readonly faultChoices: readonly FaultChoice[]
  readonly samples: readonly { readonly event: string; readonly input: unknown }[]
  readonly operations: readonly string[]
}

export interface SeenRequest {
  readonly at: number
  readonly method: string
  readonly path: string
  readonly operation: string | null
  readonly idempotencyKey: string | null
  readonly status: number | null
  readonly fault: string | null
  readonly replayed: boolean
  readonly effect: boolean
}

export interface Delivery {
  readonly at: number
  readonly event: string
  readonly type: string
  readonly kind: string
  readonly attempt: number
  readonly status: number | null
  readonly accepted: boolean
}

export interface SetFault {
  readonly about: 'request' | 'webhook'
  readonly kind: string
  readonly of?: string
  readonly next?: number
  readonly probability?: number
  readonly delayMs?: number
  readonly retryAfterS?: number
  /** How many times more, `null` without end. */
  readonly left: number | null
  readonly played: number
}

export interface FaultChoice {
  readonly about: 'request' | 'webhook'
  readonly kind: string
  /** What happens, in plain words. */
  readonly text: string
  readonly takes?: readonly ('delayMs' | 'retryAfterS')[]
  /** It stays until it is taken back. */
  readonly stays?: boolean
}

/** Something that happened just now; `noun.verb` in the past. Only what the console reads of it. */
export interface Happening {
  readonly name: string
  readonly at: number
  readonly run?: string
  readonly flow?: string
}

/** RFC 9457 problem details. */
export interface Problem {
  readonly title: string
  readonly status: number
  readonly code: string
  readonly detail?: string
}
