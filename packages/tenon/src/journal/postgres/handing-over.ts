import type { Database } from '../../postgres/postgres.ts'

/**
 * Tells other nodes of runs of theirs that may go on, once that is committed. Not within the batch: PostgreSQL lets only one transaction at a time commit that has a word to say, and all that are about to would wait for
 * each other's disk. One statement at a time takes along what came meanwhile.
 */
export class HandingOver {
  readonly #database: Database
  readonly #node: number
  #runs: number[] = []
  #saying: Promise<void> | null = null

  constructor(database: Database, node: number) {
    this.#database = database
    this.#node = node
  }

  tell(runs: readonly number[]): void {
    this.#runs.push(...runs)
    this.#saying ??= this.#sayAll()
  }

  /** Resolves when all is said, or lost: who missed a word finds what it needs by looking. */
  async done(): Promise<void> {
    await this.#saying
  }

  async #sayAll(): Promise<void> {
    while (this.#runs.length > 0) {
      const runs = this.#runs
      this.#runs = []
      await this.#database.query(tellStatement, [runs, this.#node]).catch(() => undefined)
    }
    this.#saying = null
  }
}

const tellStatement = {
  name: 'journal_tell',
  text: `SELECT pg_notify('tenon_' || words.node, CASE WHEN length(words.runs) < 6000 THEN words.runs ELSE 'look' END) FROM (
      SELECT lease.node, jsonb_agg(jsonb_build_array(tenant.tenant, run.id))::text AS runs
      FROM unnest($1::bigint[]) AS touched (number) JOIN run USING (number) JOIN lease ON lease.partition = run.partition JOIN tenant ON tenant.id = run.tenant
      WHERE lease.node <> $2 GROUP BY lease.node
    ) words`,
}
