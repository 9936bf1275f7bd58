import { takeBack, type Closable } from './closing.ts'
import { stoppedBy, type Ending } from './ending.ts'
import type { Difference } from './replay.ts'
import type { Delivery, Replayer } from './replayer.ts'

/** A run whose journal is being replayed. */
export interface Replaying extends Closable {
  readonly replayer: Replayer
  ending: Ending | null
  isStopped: boolean
  /** Gives the function a result; the function is busy then. */
  deliver(delivery: Delivery): void
  park(difference: Difference): void
}

/** Delivers strictly in the journal's order, one result at a time, the function quiet between two. True when all of it has been replayed. */
export function replayOn(run: Replaying): boolean {
  for (;;) {
    const turn = run.replayer.next(run.book, run.mail)
    switch (turn.what) {
      case 'done':
        return true
      case 'result':
        run.deliver(turn.delivery)
        return false
      case 'stopped':
        run.ending ??= stoppedBy(turn.cancel)
        run.isStopped = true
        break
      case 'undoing':
        if (run.ending !== null) takeBack(run)
        else run.park({ seq: turn.seq, expected: 'the end of the flow by an error', found: 'the flow goes on' })
        return false
      case 'differs':
        run.park(turn.difference)
        return false
    }
  }
}
