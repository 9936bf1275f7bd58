import { setTimeout as sleep } from 'node:timers/promises'
import type { Job } from '../job.ts'
import { monotonicMs } from '../measure/clock.ts'
import { startHelper } from '../measure/process.ts'
import { line } from '../measure/progress.ts'
import { median, round } from '../measure/statistics.ts'
import { bareSide, tenonSide, type Side } from '../pipeline/sides.ts'

const inFlight = 64
const mostOpen = 1_000
/** Calls after which memory must stay where it is. */
const warm = 50_000

interface Measured {
  readonly perS: number
  readonly cpuUs: number
}

export const job: Job = {
  description: `calls through the whole pipeline beside bare undici: rate with ${inFlight} in flight, CPU at one fixed rate, memory over a million calls`,
  async run({ rounds = 7, runs = 1_000_000 }) {
    const provider = await startHelper<object, unknown>(new URL('../pipeline/provider.ts', import.meta.url))
    const { port } = provider.first as { port: number }
    const origin = `http://127.0.0.1:${port}`
    const sides = { bare: bareSide(origin), tenon: await tenonSide(origin) }
    try {
      const fast = await inTurn(rounds, sides, (side) => closedLoop(side, 20_000))
      const rate = Math.round(median(fast.tenon.map((one) => one.perS)) / 2)
      const even = await inTurn(rounds, sides, (side) => fixedRate(side, rate, 4 * rate))
      return { ...report(fast, even), rate, ...(await memory(sides.tenon, runs)) }
    } finally {
      await Promise.all([sides.bare.close(), sides.tenon.close()])
      provider.stop()
    }
  },
}

type Sides<Value> = Record<'bare' | 'tenon', Value>

async function inTurn(
  rounds: number,
  sides: Sides<Side>,
  measure: (side: Side) => Promise<Measured>,
): Promise<Sides<Measured[]>> {
  const results: Sides<Measured[]> = { bare: [], tenon: [] }
  for (let index = 0; index <= rounds; index += 1) {
    for (const name of ['bare', 'tenon'] as const) {
      const measured = await measure(sides[name])
      // The first round warms up.
      if (index === 0) continue
      results[name].push(measured)
      line(name, { 'calls/s': round(measured.perS), 'CPU µs': round(measured.cpuUs, 1) })
    }
  }
  return results
}

async function measured(count: number, work: () => Promise<void>): Promise<Measured> {
  const began = monotonicMs()
  const before = process.cpuUsage()
  await work()
  const { user, system } = process.cpuUsage(before)
  return { perS: (count / (monotonicMs() - began)) * 1000, cpuUs: (user + system) / count }
}

function closedLoop(side: Side, count: number): Promise<Measured> {
  let left = count
  const lane = async (): Promise<void> => {
    while (left > 0) {
      left -= 1
      await side.call()
    }
  }
  return measured(count, async () => void (await Promise.all(Array.from({ length: inFlight }, lane))))
}

function fixedRate(side: Side, rate: number, count: number): Promise<Measured> {
  return measured(count, async () => {
    const began = monotonicMs()
    const calls: Promise<unknown>[] = []
    let open = 0
    const ended = (): void => void (open -= 1)
    while (calls.length < count) {
      const due = Math.min(count, Math.floor(((monotonicMs() - began) / 1000) * rate) + 1)
      // What a stall of the machine held up does not come at one moment.
      for (; calls.length < due && open < mostOpen; open += 1) calls.push(side.call().then(ended))
      await sleep(1)
    }
    await Promise.all(calls)
  })
}

/** How much the heap grew between the calls that warm up and the last one, after a collection where that can be asked for. */
async function memory(side: Side, runs: number): Promise<Readonly<Record<string, number>>> {
  const samples: number[] = []
  for (let done = 0; done < runs; done += warm) {
    await closedLoop(side, Math.min(warm, runs - done))
    globalThis.gc?.()
    samples.push(process.memoryUsage().rss / 1024 / 1024)
  }
  const half = Math.ceil(samples.length / 2)
  return {
    calls: runs,
    rss_first_half_mib: round(median(samples.slice(0, half))),
    rss_second_half_mib: round(median(samples.slice(-half))),
  }
}

function report(fast: Sides<Measured[]>, even: Sides<Measured[]>): Readonly<Record<string, number>> {
  const middle = (all: Measured[], name: keyof Measured): number => median(all.map((one) => one[name]))
  // Taken per pair of rounds: the machine's mood is the same for both of a pair.
  const ratio = (sides: Sides<Measured[]>, name: keyof Measured): number =>
    median(sides.tenon.map((one, index) => one[name] / (sides.bare[index]?.[name] ?? Number.NaN)))
  return {
    bare_per_s: round(middle(fast.bare, 'perS')),
    tenon_per_s: round(middle(fast.tenon, 'perS')),
    ratio: round(ratio(fast, 'perS'), 2),
    bare_cpu_us: round(middle(even.bare, 'cpuUs'), 1),
    cpu_us: round(middle(even.tenon, 'cpuUs'), 1),
    cpu_ratio: round(ratio(even, 'cpuUs'), 2),
  }
}
