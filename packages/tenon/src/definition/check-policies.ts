import type { Connector } from './connector.ts'
import { checkLimits, type Limited } from './check-limits.ts'
import { checkCount, checkDuration, isObject, shown, type Report } from './problem.ts'

type Check = (report: Report, field: string, value: unknown) => void

/** What each member of a policy's options must be. */
const members: Readonly<Record<string, Readonly<Record<string, Check>>>> = {
  retry: { attempts: checkCount, base: checkPause, cap: checkPause },
  retryBudget: { share: checkShare, perSecond: checkAmount },
  breaker: { failures: checkShare, minimum: checkCount, window: checkPause, open: checkPause, probes: checkCount },
  concurrency: { max: checkCount, min: checkCount, adapt: checkSwitch },
  cache: { maxBytes: checkCount },
}

export function checkAppPolicies(policies: unknown, connectors: readonly Connector[], report: Report): void {
  if (policies === undefined) return
  if (!isMembers(policies))
    return report(
      `policies is ${shown(policies)}`,
      'Write them by name of the connector: policies: { stripe: { retry: { attempts: 3 } } }.',
    )
  for (const [name, options] of Object.entries(policies)) {
    const connector = connectors.find((one) => one.name === name)
    if (connector === undefined) {
      const known = connectors.map((one) => one.name).join(', ')
      report(`policies.${name} names a connector that the app does not use`, `It uses ${known}.`)
    } else checkPolicies(options, `policies.${name}`, connector.options, report)
  }
}

/** `place` is where they stand, such as `policies`. */
export function checkPolicies(policies: unknown, place: string, limited: Limited, report: Report): void {
  if (policies === undefined) return
  if (!isMembers(policies))
    return report(`${place} is ${shown(policies)}`, `Write ${place}: { … }, with the policies that are to differ.`)
  const { limits, coalesce, ...others } = policies
  checkLimits(limits, `${place}.limits`, limited, report)
  if (coalesce !== undefined) checkSwitch(report, `${place}.coalesce`, coalesce)
  for (const [name, options] of Object.entries(others)) checkPolicy(`${place}.${name}`, name, options, report)
}

function checkPolicy(field: string, name: string, options: unknown, report: Report): void {
  const checks = Object.hasOwn(members, name) ? members[name] : undefined
  if (checks === undefined) {
    const known = [...Object.keys(members), 'limits', 'coalesce'].join(', ')
    return report(`${field} is no policy`, `There are ${known}.`)
  }
  if (options === undefined || options === false) return
  if (!isMembers(options))
    return report(`${field} is ${shown(options)}`, `Write ${field}: { … }, or false to switch it off.`)
  for (const [member, value] of Object.entries(options)) {
    const check = Object.hasOwn(checks, member) ? checks[member] : undefined
    if (check === undefined) report(`${field} has no member ${member}`, `It has ${Object.keys(checks).join(', ')}.`)
    else if (value !== undefined) check(report, `${field}.${member}`, value)
  }
  const { min, max } = options
  if (typeof min === 'number' && typeof max === 'number' && min > max)
    report(`${field}.min is ${min}, more than max, which is ${max}`, 'Write at most as much.')
}

function isMembers(value: unknown): value is Record<string, unknown> {
  return isObject(value) && !Array.isArray(value) && typeof value !== 'function'
}

function checkShare(report: Report, field: string, value: unknown): void {
  if (typeof value === 'number' && value > 0 && value <= 1) return
  report(`${field} is ${shown(value)}`, 'Write a share: more than 0, at most 1.')
}

function checkAmount(report: Report, field: string, value: unknown): void {
  if (typeof value === 'number' && value >= 0 && Number.isFinite(value)) return
  report(`${field} is ${shown(value)}`, 'Write a number from 0 up.')
}

function checkPause(report: Report, field: string, value: unknown): void {
  checkDuration(report, field, value)
  if (typeof value === 'string' && Number.parseFloat(value) === 0)
    report(`${field} is ${shown(value)}`, 'Write more than nothing.')
}

function checkSwitch(report: Report, field: string, value: unknown): void {
  if (typeof value === 'boolean') return
  report(`${field} is ${shown(value)}`, 'Write true or false.')
}
