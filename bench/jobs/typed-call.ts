import type { Job } from '../job.ts'
import { startHelper } from '../measure/process.ts'
import { line } from '../measure/progress.ts'
import { median, round } from '../measure/statistics.ts'
import { handSide, typedSide, type Side } from '../typed-call/sides.ts'

const inFlight = 64

type Name = 'hand' | 'typed'

export const job: Job = {
  description:
    'CPU of a call by an operation from a description, beside undici by hand with JSON and a check by zod: over HTTP, and of writing and reading alone',
  async run({ rounds = 7, runs = 20_000 }) {
    const provider = await startHelper<object, unknown>(new URL('../typed-call/provider.ts', import.meta.url))
    const { port } = provider.first as { port: number }
    const origin = `http://127.0.0.1:${port}`
    const sides: Record<Name, Side> = { hand: handSide(origin), typed: await typedSide(origin) }
    const calls: Record<Name, number[]> = { hand: [], typed: [] }
    const codecs: Record<Name, number[]> = { hand: [], typed: [] }
    try {
      await measured(sides, runs)
      for (let index = 0; index < rounds; index += 1) {
        for (const [name, { call, codec }] of await measured(sides, runs)) {
          calls[name].push(call)
          codecs[name].push(codec)
        }
      }
      return { ...figures('call', calls), ...figures('codec', codecs) }
    } finally {
      await Promise.all([sides.hand.close(), sides.typed.close()])
      provider.stop()
    }
  },
}

async function measured(
  sides: Record<Name, Side>,
  runs: number,
): Promise<[Name, { readonly call: number; readonly codec: number }][]> {
  const found: [Name, { readonly call: number; readonly codec: number }][] = []
  for (const name of ['hand', 'typed'] as const) {
    const call = await cpuUs(runs, () => inTurn(sides[name], runs))
    const codec = await cpuUs(runs, () => alone(sides[name], runs))
    line(name, { 'call, CPU µs': round(call, 1), 'codec, CPU µs': round(codec, 1) })
    found.push([name, { call, codec }])
  }
  return found
}

async function inTurn(side: Side, count: number): Promise<void> {
  let left = count
  const lane = async (): Promise<void> => {
    while (left > 0) {
      left -= 1
      await side.call()
    }
  }
  await Promise.all(Array.from({ length: inFlight }, lane))
}

function alone(side: Side, count: number): Promise<void> {
  for (let index = 0; index < count; index += 1) side.codec()
  return Promise.resolve()
}

async function cpuUs(count: number, work: () => Promise<void>): Promise<number> {
  const before = process.cpuUsage()
  await work()
  const { user, system } = process.cpuUsage(before)
  return (user + system) / count
}

function figures(what: string, { hand, typed }: Record<Name, readonly number[]>): Readonly<Record<string, number>> {
  // Taken per pair of rounds: the machine's mood is the same for both of a pair.
  const ratios = typed.map((one, index) => one / (hand[index] ?? Number.NaN))
  return {
    [`${what}_hand_us`]: round(median([...hand]), 1),
    [`${what}_typed_us`]: round(median([...typed]), 1),
    [`${what}_ratio`]: round(median(ratios), 2),
  }
}
