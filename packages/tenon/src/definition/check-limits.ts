import type { AuthDeclaration } from './auth.ts'
import { burstOf, type LimitOptions, type LimitsOptions } from './limits.ts'
import type { OperationOptions } from './operation.ts'
import { checkChoice, checkCount, checkDuration, checkName, isObject, shown, type Report } from './problem.ts'

const dialects = ['standard', 'duffel', 'github', 'hubspot', 'openai', 'shopify', 'twitter', 'xero', 'zendesk']
const methods = ['GET', 'HEAD', 'POST', 'PUT', 'PATCH', 'DELETE']

/** What limits are declared against. */
export interface Limited {
  readonly auth?: AuthDeclaration
  readonly operations: Readonly<Record<string, OperationOptions>>
}

/** `place` is where they stand, such as `policies.limits`. */
export function checkLimits(limits: unknown, place: string, limited: Limited, report: Report): void {
  if (limits === undefined || limits === false) return
  if (!isObject(limits) || Array.isArray(limits))
    return report(`${place} is ${shown(limits)}`, `Write ${place}: { declared: [ … ] }, or false for no limits.`)
  const { declared = [], account, learn } = limits as LimitsOptions
  if (typeof learn !== 'function') checkChoice(report, `${place}.learn`, learn, dialects)
  if (account !== undefined) checkField(report, `${place}.account`, account, limited)
  if (!Array.isArray(declared))
    return report(`${place}.declared is ${shown(declared)}`, `Write a list: ${place}.declared: [ … ].`)
  const seen = new Set<string>()
  for (const [index, limit] of (declared as readonly unknown[]).entries()) {
    const field = `${place}.declared[${index}]`
    if (!isObject(limit)) {
      report(`${field} is ${shown(limit)}`, "Write { name: 'default', requests: 100, per: '1s' }.")
      continue
    }
    const { name } = limit as unknown as LimitOptions
    if (seen.has(name))
      report(`${field}.name is ${shown(name)}, as another limit's`, 'Give one of the two another name.')
    seen.add(name)
    checkLimit(report, field, limit as unknown as LimitOptions, limited)
  }
}

function checkLimit(report: Report, field: string, limit: LimitOptions, limited: Limited): void {
  checkName(report, `${field}.name`, limit.name)
  if (limit.requests === undefined)
    report(`${field}.requests is missing`, 'Say how many requests the provider takes in that time.')
  checkCount(report, `${field}.requests`, limit.requests)
  if (limit.per === undefined) report(`${field}.per is missing`, "Say in what time, such as per: '1s'.")
  checkDuration(report, `${field}.per`, limit.per)
  if (typeof limit.per === 'string' && Number.parseFloat(limit.per) === 0)
    report(`${field}.per is ${shown(limit.per)}`, 'Write more than nothing.')
  checkChoice(report, `${field}.scope`, limit.scope, ['account', 'app'])
  checkCount(report, `${field}.burst`, limit.burst)
  checkCounted(report, field, limit, limited)
  checkBurst(report, field, limit)
}

function checkCounted(report: Report, field: string, limit: LimitOptions, limited: Limited): void {
  const { operations = [], methods: counted = [], costs = {}, when } = limit
  for (const operation of [...operations, ...Object.keys(costs)]) {
    if (!Object.hasOwn(limited.operations ?? {}, operation))
      report(
        `${field} names the operation ${shown(operation)}, which there is not`,
        'Name operations of this connector.',
      )
  }
  for (const method of counted) checkChoice(report, `${field}.methods`, method, methods)
  for (const [operation, cost] of Object.entries(costs)) checkCount(report, `${field}.costs.${operation}`, cost)
  if (when === undefined) return
  checkField(report, `${field}.when.field`, when.field, limited)
  if (!Array.isArray(when.startsWith) || when.startsWith.length === 0)
    report(`${field}.when.startsWith is ${shown(when.startsWith)}`, "Write a list, such as ['sk_live_'].")
}

function checkBurst(report: Report, field: string, limit: LimitOptions): void {
  const { requests, burst, costs = {} } = limit
  if (!Number.isSafeInteger(requests)) return
  if (burst !== undefined && burst > requests)
    report(`${field}.burst is ${burst}, more than its ${requests} requests`, `Write at most ${requests}.`)
  const dearest = Math.max(0, ...Object.values(costs))
  if (dearest > burstOf(limit))
    report(
      `${field}: an operation costs ${dearest}, and at most ${burstOf(limit)} may go at once`,
      `Raise burst to ${dearest} or more, and requests where it is less than that.`,
    )
}

function checkField(report: Report, place: string, field: unknown, { auth }: Limited): void {
  if (typeof field === 'string' && Object.hasOwn(auth?.fields ?? {}, field)) return
  const known = Object.keys(auth?.fields ?? {}).join(', ')
  report(`${place} is ${shown(field)}, which is no field of auth`, `Name one of its fields: ${known}.`)
}
