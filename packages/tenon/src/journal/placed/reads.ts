import type { JournalHistory } from '../history.ts'
import type { JournalWork, LoadedRun, RunKey, RunRow } from '../journal.ts'
import type { Place, Places } from './places.ts'

/** What the owner of runs asks, of all places together; one that is away does not keep the work of the others from being found. */
export function placedWork(places: Places): JournalWork {
  const settled = (rows: readonly RunRow[], place: Place): Promise<readonly RunRow[]> => rowsOf(places, place, rows)
  return {
    async ready(query) {
      if (query.limit <= 0) return []
      const rows = await places.ask(async (place) => settled(await place.journal.ready(query), place))
      return merged(rows, (row) => row.createdAt, query.limit)
    },
    async due(query) {
      if (query.limit <= 0) return []
      const rows = await places.ask(async (place) => settled(await place.journal.due(query), place))
      return merged(rows, (row) => row.wakeAt ?? 0, query.limit)
    },
    async nextWake() {
      const times = await places.ask(({ journal }) => journal.nextWake())
      return times.reduce((least, at) => (least === null || (at !== null && at < least) ? at : least), null)
    },
    load: (keys) => load(places, keys),
    inbox: async (run) => (await places.find(run.tenant)).journal.inbox(run),
    values: (hashes) => values(places, hashes),
    cursor: async (tenant, name) => (await places.find(tenant)).journal.cursor(tenant, name),
    async cursors(beginning) {
      return (await places.ask(({ journal }) => journal.cursors(beginning))).flat()
    },
    async prune(query) {
      return (await places.ask(({ journal }) => journal.prune(query))).includes(true)
    },
  }
}

export function placedHistory(places: Places): JournalHistory {
  const at = async (tenant: string): Promise<JournalHistory> => (await places.find(tenant)).journal
  return {
    list: async (query) => (await at(query.tenant)).list(query),
    find: async (tenant, run) => (await at(tenant)).find(tenant, run),
    entries: async (tenant, run) => (await at(tenant)).entries(tenant, run),
    event: async (tenant, key) => (await at(tenant)).event(tenant, key),
    counts: async (tenant) => (await at(tenant)).counts(tenant),
    countsByFlow: async (tenant) => (await at(tenant)).countsByFlow(tenant),
    line: async (tenant, run, limit) => (await at(tenant)).line(tenant, run, limit),
  }
}

/** Those of tenants that live there; afterwards all of them are known, so that it can be said who owns their runs. */
async function rowsOf(places: Places, place: Place, rows: readonly RunRow[]): Promise<readonly RunRow[]> {
  const tenants = [...new Set(rows.map(({ tenant }) => tenant))]
  // What cannot be said now is asked with the next look.
  const homes = await Promise.all(tenants.map((tenant) => places.find(tenant).catch(() => null)))
  return rows.filter(({ tenant }) => homes[tenants.indexOf(tenant)] === place)
}

/** Lists that are each in order, as one that is. */
function merged(lists: readonly (readonly RunRow[])[], at: (row: RunRow) => number, limit: number): readonly RunRow[] {
  const left = lists.map((rows) => ({ rows, next: 0 }))
  const all: RunRow[] = []
  while (all.length < limit) {
    let first: (typeof left)[number] | null = null
    for (const list of left) {
      const row = list.rows[list.next]
      const best = first?.rows[first.next]
      if (row !== undefined && (best === undefined || isBefore(row, best, at))) first = list
    }
    const row = first?.rows[first.next]
    if (first === null || row === undefined) break
    all.push(row)
    first.next += 1
  }
  return all
}

// Ids sort by time, too: what came in the same millisecond has an order for all.
function isBefore(one: RunRow, other: RunRow, at: (row: RunRow) => number): boolean {
  return at(one) < at(other) || (at(one) === at(other) && one.run < other.run)
}

async function load(places: Places, keys: readonly RunKey[]): Promise<readonly (LoadedRun | null)[]> {
  const homes = await Promise.all(keys.map(({ tenant }) => places.find(tenant)))
  const found = new Map<RunKey, LoadedRun | null>()
  const from = async (place: Place): Promise<void> => {
    const here = keys.filter((_, index) => homes[index] === place)
    const runs = await place.journal.load(here)
    for (const [index, key] of here.entries()) found.set(key, runs[index] ?? null)
  }
  await Promise.all([...new Set(homes)].map(from))
  return keys.map((key) => found.get(key) ?? null)
}

/** A hash does not say whose value it is; wherever it is found, it is the same. */
async function values(places: Places, hashes: readonly string[]): Promise<readonly (string | null)[]> {
  const answers = await Promise.allSettled(places.all.map(({ journal }) => journal.values(hashes)))
  const lists = answers.flatMap((answer) => (answer.status === 'fulfilled' ? [answer.value] : []))
  const bodies = hashes.map((_, index) => lists.map((list) => list[index] ?? null).find((body) => body !== null))
  const failed = answers.find((answer) => answer.status === 'rejected')
  if (failed !== undefined && bodies.includes(undefined)) throw failed.reason
  return bodies.map((body) => body ?? null)
}
