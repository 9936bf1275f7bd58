import { sleep, systemClock } from '../base/clock.ts'
import type { Database } from './postgres.ts'

/** A transaction that stays open, with the locks of these statements, until the returned function is called. */
export async function openTransaction(
  database: Database,
  ...statements: readonly string[]
): Promise<() => Promise<void>> {
  let end: () => void = () => undefined
  const held = new Promise<void>((resolve) => (end = resolve))
  let done: Promise<void> = Promise.resolve()
  await new Promise<void>((isOpen) => {
    done = database.transaction(async (session) => {
      for (const statement of statements) await session.query(statement)
      isOpen()
      await held
    })
  })
  return () => {
    end()
    return done
  }
}

/** Until somebody waits for a lock. */
export async function somebodyWaits(database: Database): Promise<void> {
  const waiting = "SELECT 1 FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'"
  while ((await database.query(waiting)).length === 0) await sleep(systemClock, 10)
}
