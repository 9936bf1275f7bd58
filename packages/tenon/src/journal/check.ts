import { TenonError } from '../base/errors.ts'
import { requireId } from '../base/ids.ts'
import type { Append, Message, Start } from './journal.ts'

const longestKey = 500

/** Refuses a message whose ids no journal could keep apart: `INPUT_INVALID` that names the field. */
export function checkMessage(message: Message): void {
  requireId(message.tenant, 'tenant')
  if (message.kind === 'event') {
    requireId(message.key, 'event key')
    requireId(message.type, 'event type')
    for (const start of message.starts) checkStart(start)
    if (message.cursor !== undefined) requireId(message.cursor.name, 'cursor name')
  } else if (message.kind === 'start') {
    checkStart(message.start)
  } else if (message.kind === 'cursor') {
    requireId(message.name, 'cursor name')
  } else {
    requireId(message.run, 'run')
    requireId(message.id, 'message id')
  }
}

export function checkAppend(append: Append): void {
  requireId(append.tenant, 'tenant')
  requireId(append.run, 'run')
  if (append.starts !== undefined) for (const start of append.starts) checkStart(start)
  if (append.waits === undefined) return
  for (const wait of append.waits) {
    requireId(wait.type, 'event type')
    // A wait for every event of a type would take a stranger's event.
    if (Object.keys(wait.match).length === 0)
      throw new TenonError('INPUT_INVALID', `wait ${wait.step} matches on no field; name at least one`)
  }
}

function checkStart(start: Start): void {
  requireId(start.run, 'run')
  requireId(start.flow, 'flow')
  if (start.parent !== undefined) requireId(start.parent.run, 'parent run')
  if (start.key === null || (start.key.length > 0 && start.key.length <= longestKey)) return
  throw new TenonError(
    'INPUT_INVALID',
    `the key of run ${start.run} has ${start.key.length} characters; expected 1 to ${longestKey}`,
  )
}
