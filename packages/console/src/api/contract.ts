// The management API as this console knows it. What the server answers is in answers.generated.ts, made from the server's own description; here it gets names.
import type { Answers, Problem as AnsweredProblem } from './answers.generated.ts'

export const runStatuses = ['ready', 'queued', 'waiting', 'parked', 'completed', 'failed', 'cancelled'] as const satisfies readonly RunStatus[] // prettier-ignore

export type Status = Answers['GET /status']
export type Webhook = Status['webhooks'][number]
export type Session = Answers['GET /session']

export type RunPage = Answers['GET /runs']
export type RunSummary = RunPage['runs'][number]
export type RunStatus = RunSummary['status']
export type RunDetail = Answers['GET /runs/{run}']
export type RunAction = RunDetail['actions'][number]
export type StepView = RunDetail['steps'][number]
export type StepKind = StepView['kind']
export type StepState = StepView['state']
export type AttemptView = StepView['attempts'][number]
export type DecisionView = NonNullable<StepView['decision']>
export type ErrorView = NonNullable<RunDetail['error']>
export type Exchange = Answers['GET /runs/{run}/exchanges']['exchanges'][number]
export type SentPart = Pick<Exchange['request'], 'headers' | 'body' | 'truncated'>

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

export type FlowSummary = Answers['GET /flows']['flows'][number]
/** Its schema is read as far as a form can be made of it. */
export type FlowDetail = Omit<Answers['GET /flows/{flow}'], 'schema'> & { readonly schema: JsonSchema | null }
export type FlowPicture = FlowDetail['picture']
export type PictureNode = FlowPicture['nodes'][number]

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

export type SimulatorSummary = Answers['GET /simulators']['simulators'][number]
export type SimulatorDetail = Answers['GET /simulators/{connector}']
export type SeenRequest = SimulatorDetail['requests'][number]
export type Delivery = SimulatorDetail['deliveries'][number]
export type SetFault = SimulatorDetail['faults'][number]
export type FaultChoice = SimulatorDetail['faultChoices'][number]

/** Something that happened just now; `noun.verb` in the past. Only what the console reads of it. */
export interface Happening {
  readonly name: string
  readonly at: number
  readonly run?: string
  readonly flow?: string
}

/** RFC 9457 problem details; what no server said has no page. */
export type Problem = Omit<AnsweredProblem, 'type'>
