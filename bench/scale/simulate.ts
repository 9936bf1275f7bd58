import type { Figures, Hardware } from './figures.ts'

export interface Question {
  readonly figures: Figures
  readonly hardware: Hardware
  /** Nodes on one database, each with an equal share of the runs. */
  readonly nodes: number
  readonly runsPerS: number
  readonly seconds: number
}

export interface Answer {
  readonly batchesPerS: number
  readonly writesPerBatch: number
  /** Cores of the database that batches keep busy, on average. */
  readonly databaseCores: number
  /** From a write to its answer. */
  readonly commitP50Ms: number
  readonly commitP99Ms: number
  /** False where writes come faster than they are committed. */
  readonly keepsUp: boolean
}

/** As the journal has it (`batch` in journal/postgres.ts). */
const mostWrites = 2000
/** Until the nodes are out of step with each other. */
const warmUpMs = 100

/**
 * Nodes and one database, batch by batch: each node has one batch on its way while the next one fills; a batch takes a core of the database for as long as its figures say, then waits for the log, which writes
 * together what came since its last write. Nothing is left to chance: writes come evenly, and the same question has the same answer.
 */
export function simulate({ figures, hardware, nodes, runsPerS, seconds }: Question): Answer {
  const everyMs = (nodes * 1000) / (runsPerS * figures.run.writes)
  const time = new Time()
  const log = new Log(hardware, time)
  const coreFreeAt = Array.from({ length: hardware.databaseCores }, () => 0)
  const latencies: number[] = []
  let [batches, busyMs] = [0, 0]

  /** A node whose batch was answered sends what came meanwhile, or waits for the next write. */
  function send(cameAt: number): void {
    if (cameAt > time.now) return time.at(cameAt, () => send(cameAt))
    const writes = Math.min(mostWrites, 1 + Math.floor((time.now - cameAt) / everyMs))
    const costMs = figures.batch.databaseMs + writes * figures.write.databaseMs
    const core = coreFreeAt.indexOf(Math.min(...coreFreeAt))
    const doneAt = Math.max(time.now + hardware.roundTripMs / 2, coreFreeAt[core] ?? 0) + costMs
    coreFreeAt[core] = doneAt
    time.at(doneAt, () =>
      log.write((writes / figures.run.writes) * figures.run.walBytes, () =>
        time.at(time.now + hardware.roundTripMs / 2, () => {
          if (time.now > warmUpMs) {
            batches += 1
            busyMs += costMs
            for (let index = 0; index < writes; index += 1) latencies.push(time.now - cameAt - index * everyMs)
          }
          send(cameAt + writes * everyMs)
        }),
      ),
    )
  }

  for (let node = 0; node < nodes; node += 1) send((everyMs * (node + 1)) / nodes)
  time.runUntil(warmUpMs + seconds * 1000)
  latencies.sort((left, right) => left - right)
  return {
    batchesPerS: batches / seconds,
    writesPerBatch: latencies.length / Math.max(1, batches),
    databaseCores: busyMs / (seconds * 1000),
    commitP50Ms: latencies[Math.floor(latencies.length / 2)] ?? 0,
    commitP99Ms: latencies[Math.floor(latencies.length * 0.99)] ?? 0,
    keepsUp: latencies.length >= 0.97 * runsPerS * figures.run.writes * seconds,
  }
}

/** One write to its disk at a time; what comes during one goes with the next. */
class Log {
  readonly #hardware: Hardware
  readonly #time: Time
  #waiting: { readonly bytes: number; readonly whenDone: () => void }[] = []
  #isBusy = false

  constructor(hardware: Hardware, time: Time) {
    this.#hardware = hardware
    this.#time = time
  }

  write(bytes: number, whenDone: () => void): void {
    this.#waiting.push({ bytes, whenDone })
    if (!this.#isBusy) this.#flush()
  }

  #flush(): void {
    const together = this.#waiting
    this.#waiting = []
    this.#isBusy = together.length > 0
    if (!this.#isBusy) return
    const { flushMs, logBytesPerS } = this.#hardware
    const bytes = together.reduce((sum, one) => sum + one.bytes, 0)
    this.#time.at(this.#time.now + flushMs + (bytes / logBytesPerS) * 1000, () => {
      for (const { whenDone } of together) whenDone()
      this.#flush()
    })
  }
}

/** What happens when. */
class Time {
  now = 0
  readonly #coming: { readonly at: number; readonly act: () => void }[] = []

  at(at: number, act: () => void): void {
    this.#coming.push({ at, act })
  }

  runUntil(end: number): void {
    while (this.#coming.length > 0) {
      // There are few: two for each node at most.
      const next = this.#coming.reduce((first, one) => (one.at < first.at ? one : first))
      if (next.at > end) return
      this.#coming.splice(this.#coming.indexOf(next), 1)
      this.now = next.at
      next.act()
    }
  }
}
