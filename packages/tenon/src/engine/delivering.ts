import type { Ending, StepFailure } from './ending.ts'
import type { Mailbox } from './mailbox.ts'
import type { Delivery } from './replayer.ts'
import type { Undoing } from './undoing.ts'

/** What learns of results besides the function. */
interface Recipient {
  readonly mail: Mailbox
  readonly undoing: Undoing
  readonly failures: StepFailure[]
  readonly ending: Ending | null
}

/** Hands a result to the function that asked for it, while it still may go on. */
export function deliverTo(run: Recipient, delivery: Delivery): void {
  const { command } = delivery
  if (delivery.ok) {
    run.undoing.register(command, delivery.value)
    if (command.kind === 'child') run.mail.putChild(command.name, (delivery.value as { run: string }).run)
    if (run.ending === null || run.undoing.isActive) command.resolve(delivery.value)
    return
  }
  const { error, fate, seq } = delivery
  run.failures.push({ error, seq, step: command.name, fate })
  if (run.ending === null || run.undoing.isActive) command.reject(error)
}
