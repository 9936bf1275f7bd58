import type { Cron } from 'croner'
import { messageOf, TenonError } from '../base/errors.ts'
import type { App } from '../definition/app.ts'
import type { ScheduleTrigger } from '../definition/trigger.ts'
import { cronOf } from '../engine/schedule-words.ts'
import type { Journal } from '../journal/journal.ts'
import type { TriggerContext } from './trigger.ts'

/** A clock that jumps ahead is noticed by then. */
const longestSleepMs = 60_000
/** Later than that, a time counts as missed. */
const onTimeMs = longestSleepMs
const mostCaughtUp = 100
const retryMs = 5_000
/** How soon another node notices that a schedule has become its own. */
const othersMs = 2_000
/** Repeats of a scheduled time are recognised for as long as a clock could plausibly be wrong. */
const dedupeMs = 400 * 86_400_000

export interface Schedules {
  stop(): void
}

/** Starts flows at their times. The position is kept in the journal together with each start, so that a time is neither lost nor taken twice. */
export async function startSchedules(
  app: App,
  journal: Pick<Journal, 'cursor' | 'ownership'>,
  context: TriggerContext,
): Promise<Schedules> {
  const schedules = await Promise.all(
    scheduledFlows(app).map(async ([flow, trigger]) => {
      const schedule = new Schedule(flow, trigger, { ...context, journal })
      await schedule.resume()
      return schedule
    }),
  )
  for (const schedule of schedules) void schedule.tick(true)
  return {
    stop: () => {
      for (const schedule of schedules) schedule.stop()
    },
  }
}

/** Only the newest version of a flow starts anything. */
function scheduledFlows(app: App): readonly (readonly [string, ScheduleTrigger])[] {
  const newest = new Map<string, { version: number; trigger: unknown }>()
  for (const { name, version, options } of app.options.flows) {
    if (version >= (newest.get(name)?.version ?? 0)) newest.set(name, { version, trigger: options.trigger })
  }
  return [...newest].flatMap(([name, { trigger }]) => {
    const schedule = trigger as ScheduleTrigger
    return schedule.kind === 'schedule-trigger' ? [[name, schedule] as const] : []
  })
}

class Schedule {
  readonly cursorName: string
  readonly #flow: string
  readonly #trigger: ScheduleTrigger
  readonly #context: TriggerContext & { readonly journal: Pick<Journal, 'cursor' | 'ownership'> }
  readonly #cron: Cron
  /** The last time that was dealt with. */
  #position: number
  #isNew = true
  #isOurs = false
  #cancelTimer: () => void = () => undefined
  #stopped = false

  constructor(
    flow: string,
    trigger: ScheduleTrigger,
    context: TriggerContext & { readonly journal: Pick<Journal, 'cursor' | 'ownership'> },
  ) {
    this.#flow = flow
    this.#trigger = trigger
    this.#context = context
    this.cursorName = `schedule/${flow}`
    this.#cron = cronOf(trigger)
    this.#position = context.clock.now()
  }

  /** Goes on from the stored position, unless it belongs to another expression: times that were never promised are not caught up. */
  async resume(): Promise<void> {
    const isOurs = this.#isOwned()
    const cursor = await this.#context.journal.cursor(this.#context.tenant, this.cursorName)
    this.#isOurs = isOurs
    const [time = '', timeZone, ...cron] = cursor?.split(' ') ?? []
    const position = Date.parse(time)
    if (Number.isNaN(position) || timeZone !== this.#trigger.timeZone || cron.join(' ') !== this.#trigger.cron) return
    this.#position = position
    this.#isNew = false
  }

  /** One node brings a schedule on; which one is decided as for a run. */
  #isOwned(): boolean {
    const { tenant, journal } = this.#context
    return journal.ownership.epochOf({ tenant, run: this.cursorName, flow: this.#flow, key: null }) !== null
  }

  async tick(isStart: boolean): Promise<void> {
    if (this.#stopped) return
    let waitMs = longestSleepMs
    try {
      const isOurs = this.#isOwned()
      // Whoever takes over goes on where the last one was.
      if (isOurs && !this.#isOurs) await this.resume()
      this.#isOurs = isOurs
      if (isOurs) {
        if (this.#isNew) await this.#register()
        await this.#catchUp(isStart)
      }
      waitMs = isOurs ? this.#untilNext() : othersMs
    } catch (error) {
      if (TenonError.is(error, 'DRAINING')) return
      waitMs = (TenonError.is(error) ? error.retryAfterMs : null) ?? retryMs
      this.#context.log.error('schedule.delayed', { flow: this.#flow, error: messageOf(error), retryInMs: waitMs })
    }
    if (!this.#stopped) this.#cancelTimer = this.#context.clock.after(waitMs, () => void this.tick(false))
  }

  stop(): void {
    this.#stopped = true
    this.#cancelTimer()
  }

  /** Writes the first position down: a time that passes while the process is down before the first start would be missed otherwise. */
  async #register(): Promise<void> {
    await this.#accept(`registered/${this.#flow}`, this.#position)
    this.#isNew = false
  }

  async #catchUp(isStart: boolean): Promise<void> {
    const now = this.#context.clock.now()
    // After a clock was set back: what has been taken already is recognised by its id.
    const from = Math.min(this.#position, now)
    const due = this.#dueBetween(from, now)
    for (const time of this.#chosen(due, now, isStart)) {
      await this.#accept(`schedule/${this.#flow}`, time)
      this.#position = time
    }
    this.#position = due.at(-1) ?? from
  }

  /** In order; the latest 100 at most, and only the latest where the others would not be used. */
  #dueBetween(from: number, now: number): readonly number[] {
    const next = this.#cron.nextRun(new Date(from))?.getTime()
    if (next === undefined || next > now) return []
    // previousRuns leaves its reference out.
    const latest = this.#cron
      .previousRuns(this.#trigger.catchUp === 'all' ? mostCaughtUp : 1, new Date(now + 1))
      .map((date) => date.getTime())
    return latest.filter((time) => time > from && time <= now).toReversed()
  }

  #chosen(due: readonly number[], now: number, isStart: boolean): readonly number[] {
    const latest = due.at(-1)
    if (latest === undefined) return []
    if (this.#trigger.catchUp === 'all') return due
    const isOnTime = !isStart && now - latest <= onTimeMs
    return isOnTime || this.#trigger.catchUp === 'latest' ? [latest] : []
  }

  async #accept(type: string, time: number): Promise<void> {
    const { engine, tenant, meter } = this.#context
    const iso = new Date(time).toISOString()
    const { duplicate } = await engine.accept({
      tenant,
      trigger: 'schedule',
      id: type.startsWith('schedule/') ? `${this.#flow}@${iso}` : `${type}@${iso}`,
      type,
      source: 'schedule',
      timeMs: time,
      data: { scheduledFor: new Date(time) },
      dedupeMs,
      cursor: { name: this.cursorName, value: `${iso} ${this.#trigger.timeZone} ${this.#trigger.cron}` },
    })
    meter?.eventTaken('schedule', duplicate ? 'duplicate' : 'accepted')
  }

  #untilNext(): number {
    const now = this.#context.clock.now()
    const next = this.#cron.nextRun(new Date(this.#position))
    return next === null ? longestSleepMs : Math.min(Math.max(next.getTime() - now, 1), longestSleepMs)
  }
}
