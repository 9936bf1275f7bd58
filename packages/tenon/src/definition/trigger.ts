import type { Schema } from '../base/schema.ts'
import type { Connector } from './connector.ts'

/** An event type of a connector, as a trigger of a flow or as something a run waits for. */
export interface EventTrigger<Data = unknown, Correlate extends string = string> {
  readonly kind: 'event-trigger'
  readonly connector: Connector
  readonly type: string
  /** Types only: what the event carries and what a wait may match on. */
  readonly '~types'?: { readonly data: Data; readonly correlate: Correlate }
}

export interface ScheduleOptions {
  /** IANA name; default `UTC`. */
  readonly timeZone?: string
  /** After downtime: start once for the latest missed time (default), for every missed time up to 100, or for none. */
  readonly catchUp?: 'latest' | 'all' | 'none'
}

/** A moment in time, by cron expression. */
export interface ScheduleTrigger {
  readonly kind: 'schedule-trigger'
  readonly cron: string
  readonly timeZone: string
  readonly catchUp: 'latest' | 'all' | 'none'
}

/** `schedule('0 3 * * *', { timeZone: 'Europe/Berlin' })`. In the hour a clock change skips, the run starts right after it; in the hour it repeats, once. */
export function schedule(cron: string, options: ScheduleOptions = {}): ScheduleTrigger {
  return { kind: 'schedule-trigger', cron, timeZone: options.timeZone ?? 'UTC', catchUp: options.catchUp ?? 'latest' }
}

/** Started by a person, a program or another flow, with an input. */
export interface ManualTrigger<Input = unknown, Data = Input> {
  readonly kind: 'manual-trigger'
  readonly input: Schema<Input, Data> | null
}

export function manual(): ManualTrigger<undefined>
export function manual<Input, Data>(input: Schema<Input, Data>): ManualTrigger<Input, Data>
export function manual(input?: Schema): ManualTrigger<never> {
  return { kind: 'manual-trigger', input: (input ?? null) as never }
}

/** A message that a person or program sends to a waiting run. */
export interface SignalSource<Data = unknown> {
  readonly kind: 'signal'
  readonly data: Schema<unknown, Data> | null
}

export function signal(): SignalSource<undefined>
export function signal<Data>(data: Schema<unknown, Data>): SignalSource<Data>
export function signal(data?: Schema): SignalSource<any> {
  return { kind: 'signal', data: data ?? null }
}

export type Trigger = EventTrigger | ScheduleTrigger | ManualTrigger

export type DataOf<T> = T extends { readonly kind: 'event-trigger'; readonly '~types'?: infer Types }
  ? NonNullable<Types> extends { readonly data: infer Data }
    ? Data
    : unknown
  : T extends ScheduleTrigger
    ? { readonly scheduledFor: Date }
    : T extends ManualTrigger<infer _Input, infer Data>
      ? Data
      : T extends SignalSource<infer Data>
        ? Data
        : never
