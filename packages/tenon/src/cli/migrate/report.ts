import { length, count } from '../words.ts'
import type { Measure } from './measure.ts'

export interface Moved {
  readonly from: string
  readonly to: string
  readonly isToDatabase: boolean
  /** Where the master key is; `null` where nothing is sealed. */
  readonly masterKey: string | null
}

/** Both ends side by side, as lines. */
export function comparison(source: Measure, target: Measure | null): readonly string[] {
  const line = (name: string, one: unknown, other: unknown): string =>
    target === null
      ? `  ${name.padEnd(28)} ${String(one)}`
      : `  ${name.padEnd(28)} ${String(one).padStart(12)} ${String(other).padStart(12)}`
  const of = (read: (found: Measure) => unknown, name: string): string =>
    line(name, read(source), target === null ? '' : read(target))
  const short = (found: Measure): string => found.checksum.slice(0, 12)
  return [
    ...(target === null ? [] : [line('', 'source', 'target')]),
    of(({ runs }) => runs, 'runs'),
    ...Object.keys(source.byStatus).map((status) =>
      of(({ byStatus }) => byStatus[status as 'ready'] ?? 0, `  ${status}`),
    ),
    ...Object.keys(source.byFlow).map((flow) => of(({ byFlow }) => byFlow[flow] ?? 0, `  of ${flow}`)),
    of(({ entries }) => entries, 'entries'),
    of(({ events }) => events, 'events'),
    of(({ waits }) => waits, 'waits for events'),
    of(({ messagesWaiting }) => messagesWaiting, 'messages not taken yet'),
    of(({ values }) => values, 'values kept apart'),
    of(({ cursors }) => cursors, 'positions of triggers'),
    of(({ documents }) => documents, 'documents'),
    of(({ auditEntries }) => auditEntries, 'audit entries'),
    of(short, 'checksum'),
  ]
}

/** What a person has to do now. */
export function nextSteps({ from, to, isToDatabase, masterKey }: Moved): readonly string[] {
  const file = masterKey?.startsWith('file ') === true ? masterKey.slice(5) : null
  return [
    isToDatabase
      ? 'Start nodes with TENON_DATABASE set to the URL of the database.'
      : `Start the server with TENON_DATA=${to}, and without TENON_DATABASE.`,
    ...(isToDatabase && file !== null
      ? [`Each of them needs a copy of the master key ${file}: name it by TENON_MASTER_KEY_FILE.`]
      : []),
    ...(isToDatabase && file === null && masterKey !== null
      ? [`Each of them needs the master key: ${masterKey}.`]
      : []),
    'People sign in anew, and the operator token is that of the new place (TENON_OPERATOR_TOKEN, else made at the start).',
    `${from} is as it was, and does not start any more. To take it back before anybody has worked at the new place: the same command with --take-back.`,
  ]
}

export function progressWords(phase: string, rows: number, tookMs: number): string {
  return `${phase}: ${count(rows, 'row')} in ${length(tookMs)}`
}
