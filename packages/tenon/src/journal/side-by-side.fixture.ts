// Nodes that write side by side at random, and what must hold of the tables afterwards.
import type { Database } from '../postgres/postgres.ts'
import type { Append, Journal, Message, RunRow, Start } from './journal.ts'
import { format } from './postgres/format.ts'
import { entry, event, message, start, state, tenant } from './suite/make.ts'

/** Small, and the same for the same seed. */
function randomOf(seed: number): (below: number) => number {
  let word = seed
  return (below) => {
    word = (Math.imul(word, 1_664_525) + 1_013_904_223) >>> 0
    return Math.floor((word / 4_294_967_296) * below)
  }
}

type Random = (below: number) => number

const values = [{ hash: 'h', body: 'shared by all' }]

function anyStart(random: Random): Start & { input: string } {
  return {
    ...start(`r${random(400)}`, { flow: `f${random(2)}`, key: random(3) === 0 ? null : `k${random(4)}` }),
    input: '1',
  }
}

function anyMessage(random: Random): Message {
  const fields = { a: String(random(3)), ...(random(2) === 0 && { b: String(random(2)) }) }
  switch (random(3)) {
    case 0:
      return event(`t/${random(300)}`, {
        starts: [anyStart(random), anyStart(random)],
        cursor: { name: `c${random(2)}`, value: '1' },
        values,
      })
    case 1:
      return event(`w/${random(300)}`, { type: 'paid', fields, keepUntil: 1000, starts: [anyStart(random)] })
    default:
      return message(`r${random(400)}`, `m${random(5)}`, { values })
  }
}

async function anyAppend(random: Random, node: Journal, row: RunRow): Promise<Append> {
  const inbox = await node.inbox(row)
  const base = {
    tenant,
    run: row.run,
    epoch: node.ownership.epochOf(row) ?? 0,
    after: row.lastSeq,
    entries: [entry('a')],
    consumed: inbox.map(({ position }) => position),
  }
  switch (random(5)) {
    case 0:
      return {
        ...base,
        waits: [{ step: 's', type: 'paid', match: { a: String(random(3)) }, since: 0 }],
        state: state('waiting'),
      }
    case 1:
      return { ...base, starts: [{ ...anyStart(random), parent: { run: row.run, step: 's' } }], values }
    case 2:
      return { ...base, state: state('failed', { leaveLine: random(2) === 0, toParent: '1' }) }
    default:
      return { ...base, state: state('completed', { toParent: '1' }) }
  }
}

/** What must hold whenever no batch is under way; each names what breaks it. */
const laws: Readonly<Record<string, string>> = {
  'nobody is queued with nobody ahead': `SELECT run.id FROM (SELECT DISTINCT ON (hash) run FROM line ORDER BY hash, place) head JOIN run ON run.number = head.run WHERE run.status = 1`,
  'who is queued stands in a line': `SELECT id FROM run WHERE status = 1 AND NOT EXISTS (SELECT 1 FROM line WHERE line.run = run.number)`,
  'ready runs are found': `SELECT id FROM run WHERE (status = 0) <> EXISTS (SELECT 1 FROM ready WHERE ready.run = run.number)`,
  'held runs are found': `SELECT id FROM run WHERE (status NOT IN (0, 4)) <> EXISTS (SELECT 1 FROM held WHERE held.run = run.number AND held.status = run.status)`,
  'who has something in its inbox does not wait': `SELECT id FROM run WHERE status IN (2, 3) AND EXISTS (SELECT 1 FROM inbox WHERE inbox.run = run.number)`,
  'no event passed a wait that it fits': `SELECT run.id, event.key FROM wait JOIN run ON run.number = wait.run JOIN event
    ON wait.hash = match_hash_${format}(event.tenant, event.type, jsonb_build_object('a', event.fields::jsonb -> 'a'))
    WHERE run.event IS DISTINCT FROM event.number AND NOT EXISTS (SELECT 1 FROM reach WHERE reach.event = event.number AND reach.run = run.number)`,
  'each run is counted once': `SELECT flow, status FROM (SELECT flow, status, -1 AS by FROM run UNION ALL SELECT flow, status, runs FROM tally) both_sides GROUP BY flow, status HAVING sum(by) <> 0`,
  'entries are dense': `SELECT run FROM (SELECT run, after, lag(seq) OVER (PARTITION BY run ORDER BY after) AS before FROM entry) rows WHERE after <> coalesce(before, 0)`,
  'values that are used are there': `SELECT hash FROM value_use WHERE NOT EXISTS (SELECT 1 FROM value WHERE value.hash = value_use.hash)`,
}

/** Writes at random for so many rounds, or for as long as `goesOn` says; the errors that were met. */
export async function writeAnything(
  node: Journal,
  {
    seed,
    goesOn,
    prunes = false,
  }: { readonly seed: number; readonly goesOn: (round: number) => boolean; readonly prunes?: boolean },
): Promise<readonly unknown[]> {
  const failures: unknown[] = []
  const random = randomOf(seed)
  for (let round = 0; goesOn(round); round += 1) {
    const ready = await node.ready({ limit: 2 })
    const appends = await Promise.all(ready.map((row) => anyAppend(random, node, row)))
    const writes: Promise<unknown>[] = [
      ...Array.from({ length: 1 + random(3) }, () => node.deliver(anyMessage(random))),
      ...appends.map((one) => node.append(one)),
    ]
    if (round % 10 === 9 && prunes) writes.push(node.prune({ now: 0, endedBefore: 6, limit: 5 }))
    for (const one of await Promise.allSettled(writes)) if (one.status === 'rejected') failures.push(one.reason)
  }
  return failures
}

/** By law, what breaks it. */
export async function brokenLaws(database: Database): Promise<Readonly<Record<string, readonly unknown[]>>> {
  const broken: Record<string, readonly unknown[]> = {}
  for (const [law, breaking] of Object.entries(laws)) {
    const rows = await database.query(breaking)
    if (rows.length > 0) broken[law] = rows
  }
  return broken
}
