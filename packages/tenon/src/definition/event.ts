import type { OutputOf, Schema } from '../base/schema.ts'

/** An immutable fact that a trigger delivered, under CloudEvents' names (CloudEvents 1.0.2 §3). */
export interface FlowEvent<Data = unknown> {
  readonly id: string
  /** `<connector>/<event type>`, `schedule`, `manual` or `signal`. */
  readonly type: string
  readonly time: Date
  readonly source: string
  readonly data: Data
}

export interface EventOptions<DataSchema extends Schema = Schema> {
  /** In plain words, for the console. */
  readonly description?: string
  /** What the event carries; a delivery that does not fit starts nothing. */
  readonly data: DataSchema
  /** The fields by which a waiting run may be found, each with how to read it: only equality on these is allowed. */
  readonly correlate?: Readonly<Record<string, (data: never) => string | number | undefined>>
}

/** An event type with its types kept: the readers of `correlate` know what the event carries. */
export function event<const DataSchema extends Schema, const Field extends string = never>(options: {
  readonly description?: string
  readonly data: DataSchema
  readonly correlate?: Readonly<Record<Field, (data: OutputOf<DataSchema>) => string | number | undefined>>
}): {
  readonly description?: string
  readonly data: DataSchema
  readonly correlate: Readonly<Record<NoInfer<Field>, (data: OutputOf<DataSchema>) => string | number | undefined>>
} {
  return { ...options, correlate: options.correlate ?? ({} as never) }
}

/** One event that a provider's request contained. */
export interface ReceivedEvent {
  /** Unique per fact; a repeated delivery has the same id. */
  readonly id: string
  readonly type: string
  /** In whose account at the provider it happened, for webhooks that are `shared`. */
  readonly account?: string
  readonly timeMs?: number
  readonly data: unknown
}
