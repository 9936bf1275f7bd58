import { accessSync, constants, existsSync, statfsSync, statSync } from 'node:fs'
import { dirname, resolve } from 'node:path'
import { messageOf } from '../../base/errors.ts'
import { inspectJournal, type JournalInspection } from '../../journal/sqlite/inspect.ts'
import { readMark } from '../../journal/sqlite/mark.ts'
import { findingsOf, readableBytes, type Examined, type Finding } from './finding.ts'

const { ok, warn, fail } = findingsOf('data folder')

const checkUpTo = 512 * 1024 * 1024
const littleSpace = 1e9
const noSpace = 1e8
/** Of file systems over a network, as `statfs` tells them: NFS, SMB, CIFS, FUSE. */
const networkTypes: ReadonlySet<number> = new Set([0x6969, 0x517b, 0xfe534d42, 0xff534d42, 0x65735546])

/** The data folder and the journal in it; `null` for the second where there is none. */
export function examineData({ dataFolder }: Examined): {
  readonly findings: readonly Finding[]
  readonly journal: JournalInspection | null
} {
  const path = resolve(dataFolder)
  if (!existsSync(path)) {
    const place = nearestFolder(path)
    return {
      findings: [
        isWritable(place)
          ? ok(`${dataFolder} is not there yet; the first start makes it`)
          : fail(
              `${dataFolder} is not there, and ${place} may not be written`,
              `Give this user the right, or set TENON_DATA to another folder.`,
            ),
        spaceOf(place),
      ],
      journal: null,
    }
  }
  if (!statSync(path).isDirectory())
    return { findings: [fail(`${dataFolder} is a file`, 'Name a folder with --data or TENON_DATA.')], journal: null }
  const findings = [accessOf(path, dataFolder), spaceOf(path)]
  try {
    const journal = inspectJournal(path, checkUpTo)
    return { findings: [...findings, ...journalFindings(journal)], journal }
  } catch (error) {
    return {
      findings: [
        ...findings,
        fail(`the journal cannot be looked at: ${messageOf(error)}`, 'Run this as the user that runs the server.'),
      ],
      journal: null,
    }
  }
}

function accessOf(path: string, shown: string): Finding {
  const { uid, mode } = statSync(path)
  const me = process.getuid?.()
  if (!isWritable(path))
    return fail(
      `${shown} may not be written by this user`,
      me === undefined || uid === me
        ? `chmod u+rwx ${shown}`
        : `It belongs to user ${uid}: run as that user, or: sudo chown -R ${me} ${shown}`,
    )
  if (process.platform !== 'win32' && (mode & 0o077) !== 0)
    return warn(`${shown} can be read by other users (mode ${(mode & 0o777).toString(8)})`, `chmod 700 ${shown}`)
  if (me !== undefined && uid !== me)
    return warn(`${shown} belongs to user ${uid}, this is user ${me}`, 'Run the server as one user, always the same.')
  return ok(`${shown} is there, writable, and this user's alone`)
}

function spaceOf(path: string): Finding {
  const { bavail, bsize, type } = statfsSync(path)
  const free = bavail * bsize
  if (free < noSpace)
    return fail(`${readableBytes(free)} are free on its disk`, 'Free some space: a full disk stops all work.')
  if (networkTypes.has(type))
    return warn(
      'it is on a network or user-space file system',
      'Locks and fsync are not to be relied on there: take a local disk.',
    )
  return free < littleSpace
    ? warn(`${readableBytes(free)} are free on its disk`, 'Free some space before it is full.')
    : ok(`${readableBytes(free)} are free on its disk`)
}

function journalFindings(journal: JournalInspection | null): Finding[] {
  if (journal === null) return [ok('no journal yet')]
  const { bytes, logBytes, format, newestFormat, holder, rest, damage } = journal
  if (damage !== null) return [fail(damage)]
  const size = `journal: ${readableBytes(bytes)}${logBytes > 0 ? ` and ${readableBytes(logBytes)} of log` : ''}, format ${format}`
  const findings = [
    format === newestFormat ? ok(size) : ok(`${size}; the next start makes it format ${newestFormat}`),
    ...(holder === null ? [ok('no process holds it')] : []),
    ...(holder?.holds === true ? [ok(`process ${holder.pid} holds it, and is alive`)] : []),
    ...(holder?.holds === false
      ? [
          warn(
            `process ${holder.pid} held it and is gone`,
            'Nothing to do: its lock is free, and its runs go on at the next start.',
          ),
        ]
      : []),
  ]
  if (rest === null) return [...findings, ok('its pages were checked when the server opened it')]
  return [
    ...findings,
    rest.closedCleanly
      ? ok('closed in good order')
      : warn(
          'the last process did not end in good order',
          'Nothing to do: what was accepted is there, and goes on at the next start.',
        ),
    rest.isChecked ? ok('its pages are sound') : ok(`its pages are not checked beyond ${readableBytes(checkUpTo)}`),
  ]
}

/** Beside a database the folder has no work of its own: what is in it was moved, or is forgotten. */
export function examineLeftFolder(folder: string, journal: JournalInspection | null): readonly Finding[] {
  if (journal === null || journal.rest === null || journal.rest.latest === null) return []
  const mark = readMark(resolve(folder))
  if (mark?.state === 'moved') return [ok(`its journal was moved to ${mark.other}`)]
  return [
    warn(
      `${folder} holds runs, and nobody works on them: a database is named`,
      `To take them along: npx tenon migrate --from ${folder} --to <an empty database>. Or start without the database.`,
    ),
  ]
}

function nearestFolder(path: string): string {
  return existsSync(path) || dirname(path) === path ? path : nearestFolder(dirname(path))
}

function isWritable(path: string): boolean {
  try {
    accessSync(path, constants.W_OK | constants.X_OK)
    return true
  } catch {
    return false
  }
}
