import { TenonError } from '../base/errors.ts'
import { requireId } from '../base/ids.ts'
import { auditActions } from './actions.ts'
import type { DocumentKey, NewAuditEntry, StoreWrite } from './store.ts'

const mostBytes = 1024 * 1024
const mostAtOnce = 1000
const mostText = 1000

/** Every store judges by this, so that all say the same. Throws `INPUT_INVALID`. */
export function checkKey({ tenant, kind, id }: DocumentKey): void {
  requireId(tenant, 'tenant')
  requireId(kind, 'kind')
  requireId(id, 'id')
}

export function checkLimit(limit: number): void {
  if (!Number.isInteger(limit) || limit < 1 || limit > mostAtOnce)
    throw invalid('limit', `is not a whole number from 1 to ${mostAtOnce}`)
}

export function checkWrite({ changes, audit = [] }: StoreWrite): void {
  for (const change of changes) {
    checkKey(change)
    const { expect, body } = change
    if (expect !== null && (!Number.isSafeInteger(expect) || expect < 1))
      throw invalid('expect', 'is not a version: expected a whole number from 1, or null')
    if (body === null) continue
    if (!body.isWellFormed()) throw invalid('body', 'has half a character, which cannot be stored')
    if (Buffer.byteLength(body) > mostBytes) throw invalid('body', `has more than ${mostBytes} bytes`)
  }
  audit.forEach(checkAudit)
}

export function checkAudit({ tenant, at, by, action, subject, from = '' }: NewAuditEntry): void {
  requireId(tenant, 'tenant')
  if (!Object.hasOwn(auditActions, action)) throw invalid('action', 'is none of the catalogue in store/actions.ts')
  if (!Number.isSafeInteger(at)) throw invalid('at', 'is not a whole number of milliseconds')
  for (const [field, text] of Object.entries({ by, subject, from }))
    if (text.length > mostText) throw invalid(field, `has more than ${mostText} characters`)
}

function invalid(field: string, problem: string): TenonError {
  return new TenonError('INPUT_INVALID', `${field} ${problem}`, { details: { field } })
}
