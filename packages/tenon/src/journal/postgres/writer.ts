import { messageOf, TenonError } from '../../base/errors.ts'
import { parseJson } from '../../base/json.ts'
import { sqlstateOf } from '../../postgres/failure.ts'
import { closedAmong, elsewhere } from '../../postgres/fence.ts'
import type { Database } from '../../postgres/postgres.ts'
import type { Answers } from '../group-commit.ts'
import type { Append, AppendReceipt, NewEntry } from '../journal.ts'
import { pack, unpack } from '../pack.ts'
import { encodeArray, int8, restored } from './arrays.ts'
import { Call, commitStatement, fencedStatement, type CallAnswer } from './call.ts'
import { ClosedTenants, flowsOf, follow, settled, tenantsOf, type Batch, type Choice, type Item } from './batch.ts'
import { compose, moveCursor, ordinalsOf } from './compose.ts'
import type { Receipt, Setting } from './compose-start.ts'
import type { LiveRun } from './live.ts'
import { pathOf } from './place.ts'
import { blockSize } from './schema.ts'
import { eventSubject, subjectsOf, Wave, type Write } from './wave.ts'

export interface WriterOptions {
  /** One connection: batches follow each other. */
  readonly database: Database
  readonly setting: Setting
  readonly node: number
  /** There are other nodes. */
  readonly isShared: () => boolean
  /** Runs of theirs that may go on: it is committed. */
  readonly onElsewhere: (runs: readonly number[]) => void
  /** It is one of several databases: tenants may be closed here, and be moved. */
  readonly isFenced: boolean
}

const mostTries = 5

/** Brings batches to the database, one after the other, each in as few calls as its writes depend on each other. */
export class Writer {
  readonly #options: WriterOptions
  #session = 0
  #batch = 0
  #isSettled = false
  #mustForget = false

  constructor(options: WriterOptions) {
    this.#options = options
  }

  /** From the next call on, what is known of runs by number is read again. */
  forget(): void {
    this.#mustForget = true
  }

  async commit(writes: readonly Write[]): Promise<Answers<Receipt>> {
    const { setting, database } = this.#options
    let ordinal = 0
    const items = writes.map((write, index) => {
      const item = { write, index, ordinal }
      ordinal += ordinalsOf(write)
      return item
    })
    await setting.names.learn(database, tenantsOf(writes), flowsOf(writes))
    const batch: Batch = {
      blocks: Math.max(1, Math.ceil(ordinal / blockSize)),
      bases: null,
      answers: new Map(),
      failed: new Set(),
    }
    let remaining: readonly Item[] = items
    while (remaining.length > 0) remaining = await this.#commitSome(batch, remaining)
    return writes.map((_, index) => batch.answers.get(index) ?? new Error('a write was not answered'))
  }

  /** Commits what may go together; the rest. */
  async #commitSome(batch: Batch, items: readonly Item[]): Promise<readonly Item[]> {
    if (this.#mustForget) this.#options.setting.live.forgetAll()
    this.#mustForget = false
    await this.#lookUp(items)
    const { call, sent, followers, later } = await this.#choose(items, batch)
    if (sent.length === 0 && followers.length === 0) return later
    try {
      const tenants = this.#options.isFenced ? [...new Set(tenantsOf(writesOf([...sent, ...followers])))] : null
      const answer = await this.#send(call, batch, tenants)
      const again = [
        ...sent.filter(({ item, finish }) => !settled(batch, item, finish(answer))),
        ...followers.filter((one) => !settled(batch, one.item, follow(one, batch, sent, answer))),
      ]
      return [...later, ...again.map(({ item }) => item)].toSorted((left, right) => left.index - right.index)
    } catch (error) {
      if (error instanceof ClosedTenants) return refuseThose(batch, items, error.tenants)
      if (TenonError.is(error, 'JOURNAL_UNAVAILABLE')) throw error
      await this.#commitSingly(
        batch,
        [...sent, ...followers].map(({ item }) => item),
        error,
      )
      return later
    }
  }

  /** A write that can never be stored must not take its neighbours along. */
  async #commitSingly(batch: Batch, items: readonly Item[], error: unknown): Promise<void> {
    if (items.length === 1) {
      for (const { index } of items)
        batch.answers.set(
          index,
          new TenonError('JOURNAL_UNAVAILABLE', `it cannot be stored: ${messageOf(error)}`, { retryable: false }),
        )
      return
    }
    for (const item of items.toSorted((left, right) => left.index - right.index)) {
      let remaining: readonly Item[] = [item]
      while (remaining.length > 0) remaining = await this.#commitSome(batch, remaining)
    }
  }

  async #lookUp(items: readonly Item[]): Promise<void> {
    const { setting, database } = this.#options
    const appends = items.flatMap(({ write }) => ('append' in write ? [write.append] : []))
    await setting.live.read(
      database,
      appends.filter((append) => setting.live.get(append)?.epoch !== append.epoch),
    )
  }

  /** What goes now, and what has to wait for it. */
  async #choose(items: readonly Item[], batch: Batch): Promise<Choice> {
    const { setting } = this.#options
    const choice: Choice = { call: new Call(), sent: [], followers: [], later: [] }
    const { call, sent, followers, later } = choice
    const wave = new Wave()
    const leaders = new Map<string, Item>()
    for (const item of items) {
      const { write } = item
      const live = 'append' in write ? setting.live.get(write.append) : null
      const subjects = subjectsOf(write, live)
      const event = 'message' in write && write.message.kind === 'event' ? write.message : null
      const key = event === null ? '' : eventSubject(event.tenant, event.key)
      const leader = leaders.get(key)
      if (event !== null && leader !== undefined) {
        wave.block(subjects)
        moveCursor(setting, call, event)
        followers.push({ item, event, leader })
      } else if (!wave.takes(subjects)) later.push(item)
      else if (!settled(batch, item, 'append' in write ? await this.#judge(write.append, live, batch.failed) : null)) {
        if (event !== null) leaders.set(key, item)
        sent.push({ item, finish: compose(setting, call, write, item.ordinal), row: call.events.length })
      }
    }
    return choice
  }

  /** Why an append cannot be taken; `null` for one that is sent. The sequence is known: under this epoch nobody else writes it. */
  async #judge(append: Append, live: LiveRun | null, failed: Set<string>): Promise<AppendReceipt | null> {
    const path = pathOf(append.tenant, append.run)
    if (live !== null && live.epoch !== append.epoch) return { outcome: 'fenced', epoch: live.epoch }
    // Of a tenant that has moved away no run is left here.
    if (live === null && (await this.#isClosed(append.tenant))) return { outcome: 'fenced', epoch: 0 }
    if (live !== null && !failed.has(path)) {
      if (append.after === live.lastSeq) return null
      if (await this.#isThere(append, live)) return { outcome: 'duplicate' }
    }
    failed.add(path)
    return { outcome: 'conflict', lastSeq: live?.lastSeq ?? 0 }
  }

  async #isClosed(tenant: string): Promise<boolean> {
    const { isFenced, database } = this.#options
    return isFenced && (await closedAmong(database, [tenant])).has(tenant)
  }

  async #isThere({ after, entries }: Append, live: LiveRun): Promise<boolean> {
    const last = after + entries.length
    if (entries.length === 0 || last > live.lastSeq) return false
    const rows = await this.#options.database.query<{ seq: number; packed: string }>(entriesStatement, [
      live.number,
      after,
      last,
    ])
    const stored: NewEntry[] = rows
      .flatMap(({ seq, packed }) => unpack(restored(packed), seq))
      .filter(({ seq }) => seq > after && seq <= last)
    return pack(stored) === pack(entries)
  }

  async #send(call: Call, batch: Batch, tenants: readonly string[] | null): Promise<CallAnswer> {
    const values = call.values()
    for (let tries = 1; ; tries += 1) {
      await this.#settle()
      const number = this.#batch + 1
      try {
        return await this.#call(number, batch, values, tenants)
      } catch (error) {
        const answer = isUncertain(error) ? await this.#answerOf(number) : null
        if (answer !== null) return this.#numbered(batch, answer)
        if (isUncertain(error) && tries < mostTries) continue
        this.#options.setting.live.forgetAll()
        throw error
      }
    }
  }

  async #call(
    number: number,
    batch: Batch,
    values: readonly unknown[],
    tenants: readonly string[] | null,
  ): Promise<CallAnswer> {
    const { database, node, isShared } = this.#options
    const { bases, blocks } = batch
    const [row] = await database.query<{ answer: string }>(tenants === null ? commitStatement : fencedStatement, [
      node,
      this.#session,
      number,
      bases === null ? null : encodeArray(int8, bases),
      blocks,
      ...values,
      isShared(),
      ...(tenants === null ? [] : [tenants]),
    ])
    if (row === undefined) throw new ClosedTenants(await closedAmong(database, tenants ?? []))
    this.#batch = number
    return this.#numbered(batch, parseJson(row?.answer ?? '') as CallAnswer)
  }

  #numbered(batch: Batch, answer: CallAnswer): CallAnswer {
    batch.bases = answer.b
    if (answer.t !== undefined) this.#options.onElsewhere(answer.t)
    return answer
  }

  /** What became of a batch whose answer was lost; `null` for one that was not committed, and never will be. */
  async #answerOf(batch: number): Promise<CallAnswer | null> {
    this.#isSettled = false
    const row = await this.#settle()
    if (row?.isNew === true)
      throw this.#unknown('the others took this node for dead, and what its last batch came to went with its row')
    return row?.batch === batch && row.answer !== null ? (parseJson(row.answer) as CallAnswer) : null
  }

  /** Begins a session: what an earlier one left behind can commit no more. Waits for what is about to. */
  async #settle(): Promise<BatchRow | null> {
    if (this.#isSettled) return null
    const { database, node, setting } = this.#options
    try {
      const [row] = await database.query<BatchRow>(sessionStatement, [node])
      if (row === undefined) throw new Error('no row of the node')
      this.#session = row.session
      this.#batch = row.batch
      this.#isSettled = true
      return row
    } catch (error) {
      if (TenonError.is(error, 'JOURNAL_UNAVAILABLE')) throw this.#unknown(error.message, error.details)
      setting.live.forgetAll()
      throw error
    }
  }

  /** Nobody knows what the batch before came to: what is known of its runs may be wrong. */
  #unknown(message: string, details: TenonError['details'] = {}): TenonError {
    this.#options.setting.live.forgetAll()
    return new TenonError('JOURNAL_UNAVAILABLE', message, { details: { ...details, outcome: 'unknown' } })
  }
}

function writesOf(parts: readonly { readonly item: Item }[]): readonly Write[] {
  return parts.map(({ item }) => item.write)
}

/** Answers what concerns these tenants; what is left goes on. */
function refuseThose({ answers }: Batch, items: readonly Item[], tenants: ReadonlySet<string>): readonly Item[] {
  return items.filter((item) => {
    if (answers.has(item.index)) return false
    const [tenant = ''] = tenantsOf([item.write])
    if (!tenants.has(tenant)) return true
    answers.set(item.index, elsewhere('JOURNAL_UNAVAILABLE', tenant))
    return false
  })
}

interface BatchRow {
  readonly session: number
  readonly batch: number
  readonly answer: string | null
  /** There was none: of a session before nothing is known any more. */
  readonly isNew: boolean
}

/** The row goes with its node, also with one that only seemed to have ended. So no number of a session comes twice: what was sent under an earlier row is refused by the later. */
const sessionStatement = {
  name: 'journal_session',
  text: `INSERT INTO batch (node, session, batch) VALUES ($1, nextval('epoch_number')::int, 0) ON CONFLICT (node) DO UPDATE SET session = excluded.session RETURNING session, batch, answer, xmax = 0 AS "isNew"`,
}

const entriesStatement = {
  name: 'journal_entries_between',
  text: 'SELECT seq, packed FROM entry WHERE run = $1 AND seq > $2 AND after < $3 ORDER BY after',
}

/** The connection is gone, or another session has begun: it may have been committed or not. */
function isUncertain(error: unknown): boolean {
  return TenonError.is(error, 'JOURNAL_UNAVAILABLE') || sqlstateOf(error) === 'TN001'
}
