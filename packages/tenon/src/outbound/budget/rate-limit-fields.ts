import { parseList, type Item, type List } from 'structured-headers'
import type { LearntLimit } from '../../definition/limits.ts'

interface PolicyTold {
  readonly quota: number
  readonly windowMs: number | null
  readonly isOfRequests: boolean
}

const mostMembers = 16

/**
 * `RateLimit` and `RateLimit-Policy` (draft-ietf-httpapi-ratelimit-headers-11 §3 and §4). What is malformed is ignored as a whole (RFC 9651 §4.2), and so is
 * a member without what the draft asks of it, and one that counts something else than requests.
 */
export function rateLimitFields(limit: string | undefined, policy: string | undefined): readonly LearntLimit[] {
  const members = itemsOf(limit)
  if (members.length === 0) return []
  const policies = new Map(itemsOf(policy).flatMap(policyOf))
  return members.flatMap(([name, parameters]) => {
    const told = typeof name === 'string' ? policies.get(name) : undefined
    const remaining = amountOf(parameters.get('r'))
    const resetS = amountOf(parameters.get('t'))
    if (typeof name !== 'string' || remaining === null || told?.isOfRequests === false) return []
    const resetMs = resetS === null ? told?.windowMs : resetS * 1000
    if (resetMs === undefined || resetMs === null) return []
    return [{ name, remaining, resetMs, ...(told !== undefined && { quota: told.quota }) }]
  })
}

function policyOf([name, parameters]: Item): readonly (readonly [string, PolicyTold])[] {
  const quota = amountOf(parameters.get('q'))
  const windowS = amountOf(parameters.get('w'))
  const unit = parameters.get('qu') ?? 'requests'
  if (typeof name !== 'string' || quota === null) return []
  return [[name, { quota, windowMs: windowS === null ? null : windowS * 1000, isOfRequests: unit === 'requests' }]]
}

function itemsOf(field: string | undefined): readonly Item[] {
  if (field === undefined) return []
  let list: List
  try {
    list = parseList(field)
  } catch {
    return []
  }
  return list.slice(0, mostMembers).filter((member): member is Item => !Array.isArray(member[0]))
}

function amountOf(value: unknown): number | null {
  return typeof value === 'number' && Number.isInteger(value) && value >= 0 ? value : null
}
