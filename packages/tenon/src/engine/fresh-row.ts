import type { RunRow, Start } from '../journal/journal.ts'

/** The row of a run that was started a moment ago, as the journal holds it. */
export function freshRow(
  from: { readonly tenant: string; readonly at: number; readonly key?: string },
  start: Start,
): RunRow {
  return {
    tenant: from.tenant,
    run: start.run,
    flow: start.flow,
    version: start.version,
    status: 'ready',
    key: start.key,
    inLine: start.key !== null,
    lastSeq: 0,
    createdAt: from.at,
    updatedAt: from.at,
    endedAt: null,
    wakeAt: null,
    code: null,
    recoveries: 0,
    eventKey: start.input === null ? (from.key ?? null) : null,
    parent: start.parent ?? null,
    linked: start.linked ?? null,
  }
}
