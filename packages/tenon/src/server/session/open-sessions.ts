import { randomBytes } from 'node:crypto'
import type { Clock } from '../../base/clock.ts'
import { messageOf } from '../../base/errors.ts'
import type { Store } from '../../store/store.ts'
import type { Log } from '../../telemetry/telemetry.ts'
import type { DataFolder } from '../data-folder.ts'
import type { DurablePlace } from '../durable.ts'
import { createSessions } from './kept-sessions.ts'
import type { Sessions } from './sessions.ts'
import { createStoredSessions } from './stored-sessions.ts'

interface SessionsPlace {
  readonly folder: DataFolder
  readonly place: DurablePlace
  readonly clock: Clock
  readonly log: Log
  readonly store: Store
  readonly tenant: string
}

/** Who is signed in: in the store where nodes share one, else in the data folder. `installation` is what tells our cookies from those of other servers on this machine. */
export async function openSessions(
  options: SessionsPlace,
): Promise<{ readonly sessions: Sessions; readonly installation?: string }> {
  const { place, folder, clock, log, store, tenant } = options
  if (place.database === null) return { sessions: sessionsIn(folder, { clock, log, tenant }) }
  return {
    sessions: createStoredSessions({ tenant, clock, store }),
    installation: await installationOf(store, tenant),
  }
}

/** A name of the whole installation, made by the node that is the first. */
async function installationOf(store: Store, tenant: string): Promise<string> {
  const key = { tenant, kind: 'installation', id: 'name' }
  for (;;) {
    const known = await store.get(key)
    if (known !== null) return known.body
    const body = JSON.stringify(randomBytes(16).toString('hex'))
    await store.write({ changes: [{ ...key, expect: null, body }] })
  }
}

/** They outlast a restart; a file that cannot be read or written is no reason to let nobody in. */
function sessionsIn(
  folder: DataFolder,
  { clock, log, tenant }: Pick<SessionsPlace, 'clock' | 'log' | 'tenant'>,
): Sessions {
  const load = (): unknown => {
    try {
      return folder.sessions()
    } catch (error) {
      log.warn('sessions.unread', { reason: messageOf(error) })
      return null
    }
  }
  const save = (content: object): void => {
    try {
      folder.keepSessions(content)
    } catch (error) {
      log.warn('sessions.unsaved', { reason: messageOf(error) })
    }
  }
  return createSessions({ tenant, clock, file: { load, save } })
}
