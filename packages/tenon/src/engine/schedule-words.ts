import { Cron } from 'croner'
import type { ScheduleTrigger } from '../definition/trigger.ts'

/** A trigger's expression, ready to be asked for its times. */
export function cronOf({ cron, timeZone }: ScheduleTrigger): Cron {
  return new Cron(cron, { timezone: timeZone, fixedTimeRule: 'no-wildcard', paused: true })
}

/** The next time after a moment, `null` for none. */
export function nextTime(trigger: ScheduleTrigger, afterMs: number): number | null {
  return cronOf(trigger).nextRun(new Date(afterMs))?.getTime() ?? null
}

const weekdays = ['Sunday', 'Monday', 'Tuesday', 'Wednesday', 'Thursday', 'Friday', 'Saturday']

/** The common schedules in words; others by their expression. */
export function scheduleWords({ cron, timeZone }: ScheduleTrigger): string {
  const [minute = '', hour = '', day = '', month = '', weekday = '', ...more] = cron.trim().split(/\s+/)
  const days = more.length === 0 && month === '*' ? daysOf(day, weekday) : null
  const times = days === null ? null : timesOf(minute, hour)
  if (days === null || times === null) return `by the schedule ${cron} (${timeZone})`
  const isOften = times.startsWith('every')
  return `${isOften && days === 'every day' ? times : isOften ? `${times}, ${days}` : `${days} ${times}`} (${timeZone})`
}

function daysOf(day: string, weekday: string): string | null {
  if (day === '*' && weekday === '*') return 'every day'
  if (day === '*' && /^(1-5|MON-FRI)$/i.test(weekday)) return 'from Monday to Friday'
  if (day === '*' && /^[0-7]$/.test(weekday)) return `every ${weekdays[Number(weekday) % 7]}`
  if (weekday === '*' && /^\d{1,2}$/.test(day)) return `on day ${Number(day)} of each month`
  return null
}

function timesOf(minute: string, hour: string): string | null {
  if (hour === '*' && minute === '*') return 'every minute'
  if (hour === '*' && /^\*\/\d+$/.test(minute)) return `every ${minute.slice(2)} minutes`
  if (hour === '*' && /^\d{1,2}$/.test(minute)) return `every hour at minute ${Number(minute)}`
  if (/^\d{1,2}$/.test(minute) && /^\d{1,2}$/.test(hour))
    return `at ${hour.padStart(2, '0')}:${minute.padStart(2, '0')}`
  return null
}
