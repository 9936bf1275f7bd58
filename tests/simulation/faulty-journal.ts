import type { Clock } from '../../packages/tenon/src/base/clock.ts'
import { TenonError } from '../../packages/tenon/src/base/errors.ts'
import type { NodeFaults } from '../../packages/tenon/src/journal/memory-cluster.ts'
import type { MemoryFaults, MemoryJournal, MemoryState } from '../../packages/tenon/src/journal/memory.ts'
import { rowOf } from '../../packages/tenon/src/journal/memory/state.ts'
import type { Random } from '../chaos/random.ts'

export interface Weather {
  /** Share of writes and reads that go wrong or slowly. */
  rate: number
  /** `list` answers with every run, so that a check replays the ended ones too. */
  listsAll: boolean
}

/** A journal whose commits fail, are slow, or are not answered truly, and whose reads come late. */
export function faultyJournal(parts: {
  clock: Clock
  state: MemoryState
  random: Random
  weather: Weather
  /** The process cannot reach the store. */
  isCut: () => boolean
  onCommit: NonNullable<MemoryFaults['onCommit']>
  open: (faults: MemoryFaults & NodeFaults) => MemoryJournal
}): MemoryJournal {
  const { clock, state, random, weather, isCut, onCommit, open } = parts
  const faults: MemoryFaults & NodeFaults = {
    batch() {
      const delayMs = random.chance(weather.rate) ? random.between(1, 400) : 0
      if (!random.chance(weather.rate / 3)) return { outcome: 'stored', delayMs }
      return { outcome: random.pick(['failed', 'unknown'] as const), delayMs }
    },
    answerDelayMs: () => (random.chance(weather.rate) ? random.between(0, 300) : 0),
    keepsInFlight: () => random.chance(0.5),
    isCut,
    onCommit,
    wordDelayMs: () => (random.chance(weather.rate) ? random.pick([null, 300]) : random.between(0, 20)),
  }
  const journal = open(faults)

  // What is read is true when it is asked for, as with a reader beside the writer, and may be old when it arrives.
  async function late<Value>(value: Promise<Value>): Promise<Value> {
    const read = await value
    if (random.chance(weather.rate)) await new Promise<void>((resolve) => clock.after(random.between(0, 200), resolve))
    if (random.chance(weather.rate / 10)) throw new TenonError('JOURNAL_UNAVAILABLE', 'the journal could not be read')
    return read
  }

  return {
    ...journal,
    load: (runs) => late(journal.load(runs)),
    ready: (query) => late(journal.ready(query)),
    due: (query) => late(journal.due(query)),
    nextWake: () => late(journal.nextWake()),
    inbox: (run) => late(journal.inbox(run)),
    async list(query) {
      if (!weather.listsAll) return journal.list(query)
      return { runs: [...state.runs.values()].map(rowOf), next: null }
    },
  }
}
