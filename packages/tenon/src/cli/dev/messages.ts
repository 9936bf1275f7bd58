import type { ErrorCode } from '../../base/errors.ts'
import type { Divergence, DrainReport } from '../../engine/engine.ts'
import type { ServerAddress } from '../../server/data-folder.ts'

/** What the development loop asks of the process that holds the app, one thing at a time; each is answered by one `Outcome`. */
export interface Orders {
  /** Imports the app and looks for mistakes; nothing runs yet. */
  readonly load: { readonly appFile: string; readonly simulate?: boolean | undefined; readonly limitMs: number }
  /** Tries what was loaded on the living runs of the server that still works. */
  readonly compare: { readonly dataFolder: string }
  readonly start: StartOrder
  /** Makes sample events where nothing was there before the start. */
  readonly showSamples: { readonly json: boolean }
  readonly drain: { readonly limitMs: number }
}

export interface StartOrder {
  readonly dataFolder: string
  readonly front: ServerAddress
  /** Says who it is: at the first start, not at each reload. */
  readonly greets: boolean
  readonly quiet: boolean
  readonly json: boolean
}

export interface Outcomes {
  readonly load: LoadSummary
  readonly compare: { readonly divergences: readonly Divergence[]; readonly runs: number }
  readonly start: { readonly port: number; readonly waiting: number }
  readonly showSamples: undefined
  readonly drain: DrainReport
}

/** What an app consists of. */
export interface LoadSummary {
  readonly file: string
  readonly flows: readonly string[]
  readonly connectors: readonly ConnectorSummary[]
  /** Variables that name its databases. */
  readonly databases: readonly string[]
}

export interface ConnectorSummary {
  readonly name: string
  /** Names of its accounts. */
  readonly connections: readonly string[]
  readonly isSimulated: boolean
  /** Where its accounts are called, an origin each. */
  readonly hosts: readonly string[]
}

export type OrderName = keyof Orders

export interface Problem {
  readonly code: ErrorCode
  readonly message: string
  /** `file:line:column` in the user's code, from the current folder. */
  readonly place: string | null
}

/** Answers carry the number of their order: one that came too late is for nobody any more. */
export interface Order<Name extends OrderName = OrderName> {
  readonly number: number
  readonly name: Name
  readonly order: Orders[Name]
}

export type Reply =
  /** A file that the app is made of, or one that it asks for and that is not there. */
  | { readonly said: 'file'; readonly path: string }
  | { readonly said: 'done'; readonly number: number; readonly result: unknown }
  | { readonly said: 'failed'; readonly number: number; readonly problem: Problem }
