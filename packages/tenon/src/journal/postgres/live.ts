import type { Session } from '../../postgres/session.ts'
import type { RunKey } from '../journal.ts'
import { restoredOrNull } from './arrays.ts'
import { pathOf } from './place.ts'

/** What the node knows of a run that it writes to, so that an append need not read. True as long as the epoch is. */
export interface LiveRun {
  readonly number: number
  readonly flow: string
  readonly flowId: number
  readonly key: string | null
  readonly parent: string | null
  readonly partition: number
  readonly epoch: number
  lastSeq: number
  /** It was started by this node, without key and parent, and has done nothing since but add entries: no other table knows of it. */
  isPlain: boolean
}

const mostLive = 50_000

export class LiveRuns {
  readonly #runs = new Map<string, LiveRun>()

  get(key: RunKey): LiveRun | null {
    return this.#runs.get(pathOf(key.tenant, key.run)) ?? null
  }

  set(key: RunKey, run: LiveRun): void {
    // The oldest goes: a map keeps the order of insertion.
    if (this.#runs.size >= mostLive) {
      for (const oldest of this.#runs.keys()) {
        this.#runs.delete(oldest)
        break
      }
    }
    this.#runs.set(pathOf(key.tenant, key.run), run)
  }

  forget(key: RunKey): void {
    this.#runs.delete(pathOf(key.tenant, key.run))
  }

  forgetAll(): void {
    this.#runs.clear()
  }

  /** Something may have come to it from elsewhere. */
  disturb(key: RunKey): void {
    const run = this.get(key)
    if (run !== null) run.isPlain = false
  }

  /** Reads those that are not known under the epoch that is to be written. */
  async read(session: Pick<Session, 'query'>, keys: readonly RunKey[]): Promise<void> {
    if (keys.length === 0) return
    const rows = await session.query<LiveRow>(liveStatement, [
      keys.map(({ tenant }) => tenant),
      keys.map(({ run }) => run),
    ])
    for (const { tenant, run, key, lastSeq, ...row } of rows)
      this.set({ tenant, run }, { ...row, key: restoredOrNull(key), lastSeq: lastSeq ?? 0, isPlain: false })
  }
}

interface LiveRow extends RunKey {
  readonly number: number
  readonly flow: string
  readonly flowId: number
  readonly key: string | null
  readonly parent: string | null
  readonly partition: number
  readonly epoch: number
  readonly lastSeq: number | null
}

const liveStatement = {
  name: 'journal_live',
  text: `SELECT a.tenant, a.run, run.number, flow.flow, run.flow AS "flowId", run.key, run.parent, run.partition, lease.epoch,
      (SELECT seq FROM entry WHERE entry.run = run.number ORDER BY after DESC LIMIT 1) AS "lastSeq"
    FROM unnest($1::text[], $2::text[]) AS a (tenant, run) JOIN tenant ON tenant.tenant = a.tenant JOIN run ON run.tenant = tenant.id AND run.id = a.run
    JOIN flow ON flow.id = run.flow JOIN lease ON lease.partition = run.partition`,
}
