import { Cron } from 'croner'
import type { Connector, ConnectionReference } from './connector.ts'
import type { Flow, RetryOptions } from './flow.ts'
import { checkChoice, checkCount, checkDuration, checkName, isObject, isSchema, shown, type Report } from './problem.ts'
import type { EventTrigger, ScheduleTrigger, SignalSource, Trigger } from './trigger.ts'

/** Names that `run` receives beside its clients. */
const taken: ReadonlySet<string> = new Set(['event', 'step', 'run'])

export function checkFlow(flow: Flow, report: Report): void {
  const { options } = flow
  checkName(report, 'name', flow.name)
  checkCount(report, 'version', flow.version)
  checkCount(report, 'concurrency', options.concurrency)
  checkDuration(report, 'timeout', options.timeout)
  checkRetry(options.retry, report)
  checkChoice(report, 'keyUntil', options.keyUntil, ['end', 'first-wait'])
  checkChoice(report, 'priority', options.priority, ['interactive', 'sync', 'backfill'])
  checkChoice(report, 'onBlocked', options.onBlocked, ['wait', 'skip'])
  if (typeof options.run !== 'function')
    report('run is missing', 'Write what the flow does: async run({ event, step, … }) { … }.')
  if (options.key !== undefined && typeof options.key !== 'function')
    report(`key is ${shown(options.key)}`, 'Write a function of the event: key: (event) => event.data.order.')
  checkTrigger(options.trigger as Trigger | undefined, report)
  for (const [alias, used] of Object.entries((options.uses ?? {}) as Record<string, unknown>))
    checkUse(alias, used, report)
  for (const [name, source] of Object.entries((options.waits ?? {}) as Record<string, unknown>))
    checkWait(name, source, report)
}

function checkRetry(retry: RetryOptions | undefined, report: Report): void {
  if (retry === undefined) return
  checkCount(report, 'retry.attempts', retry.attempts)
  checkDuration(report, 'retry.base', retry.base)
  checkDuration(report, 'retry.cap', retry.cap)
}

function checkUse(alias: string, used: unknown, report: Report): void {
  checkName(report, `uses.${alias}`, alias)
  if (taken.has(alias)) {
    report(
      `uses.${alias}: run already receives something named ${alias}`,
      `Choose another alias, such as uses: { ${alias}Api: … }.`,
    )
  }
  const connector = connectorOf(used)
  if (connector === null) {
    report(
      `uses.${alias} is ${shown(used)}, not a connector`,
      'Give it what defineConnector made, or connector.connection(name); check the import.',
    )
  } else if (Object.keys(connector.options.operations ?? {}).length === 0) {
    report(
      `uses.${alias}: the connector ${connector.name} has no operations to call`,
      'Take it out of uses; a trigger or a wait does not need it there.',
    )
  }
}

export function connectorOf(used: unknown): Connector | null {
  if (!isObject(used)) return null
  if (used['kind'] === 'connector') return used as unknown as Connector
  return used['kind'] === 'connection-reference' ? (used as unknown as ConnectionReference).connector : null
}

function checkTrigger(trigger: Trigger | undefined, report: Report): void {
  switch (trigger?.kind) {
    case 'event-trigger':
      return checkEventSource('trigger', trigger, report)
    case 'schedule-trigger':
      return checkSchedule(trigger, report)
    case 'manual-trigger':
      if (trigger.input !== null && !isSchema(trigger.input))
        report('the input of manual() is not a schema', 'Give it a schema that follows Standard Schema, or nothing.')
      return
    default:
      report(
        `trigger is ${shown(trigger)}`,
        "Say what starts it: connector.on('…'), schedule('0 3 * * *') or manual().",
      )
  }
}

function checkWait(name: string, source: unknown, report: Report): void {
  checkName(report, `waits.${name}`, name)
  const kind = isObject(source) ? source['kind'] : undefined
  if (kind === 'signal') {
    const { data } = source as SignalSource
    if (data !== null && !isSchema(data))
      report(
        `waits.${name}: the data of signal() is not a schema`,
        'Give it a schema that follows Standard Schema, or nothing.',
      )
  } else if (kind === 'event-trigger') {
    const trigger = source as EventTrigger
    checkEventSource(`waits.${name}`, trigger, report)
    const event = trigger.connector.options.events?.[trigger.type]
    if (event !== undefined && Object.keys(event.correlate ?? {}).length === 0) {
      report(
        `waits.${name}: ${trigger.type} has no field to match on`,
        `Declare it in the connector ${trigger.connector.name}: events['${trigger.type}'].correlate.`,
      )
    }
  } else {
    report(`waits.${name} is ${shown(source)}`, "Say what to wait for: connector.on('…') or signal().")
  }
}

/** Both a trigger and a wait need a route by which the event arrives, and its declaration. */
function checkEventSource(field: string, source: EventTrigger, report: Report): void {
  const { connector, type } = source
  const types = Object.keys(connector.options.events ?? {})
  if (!types.includes(type)) {
    report(
      `${field}: ${connector.name} declares no event ${shown(type)}`,
      types.length === 0
        ? `Declare it under events in the connector ${connector.name}.`
        : `It declares ${types.join(', ')}.`,
    )
  }
  if (connector.options.webhooks === undefined) {
    report(
      `${field}: there is no route by which events of ${connector.name} could arrive`,
      `Declare webhooks: { verify, read } in the connector ${connector.name}.`,
    )
  }
}

function checkSchedule(trigger: ScheduleTrigger, report: Report): void {
  checkChoice(report, 'trigger.catchUp', trigger.catchUp, ['latest', 'all', 'none'])
  try {
    void new Intl.DateTimeFormat('en', { timeZone: trigger.timeZone })
  } catch {
    report(
      `trigger.timeZone is ${shown(trigger.timeZone)}, which is not a time zone`,
      "Write an IANA name, such as 'Europe/Berlin'; left out it is UTC.",
    )
    return
  }
  try {
    const next = new Cron(trigger.cron, { timezone: trigger.timeZone, paused: true }).nextRun()
    if (next === null)
      report(`trigger.cron ${shown(trigger.cron)} names a moment that never comes`, 'Check day and month.')
  } catch {
    report(
      `trigger.cron is ${shown(trigger.cron)}, which is not a cron expression`,
      "Write minute, hour, day, month, weekday: schedule('0 3 * * *') is every day at three.",
    )
  }
}
