import type { Engine } from './engines.ts'
import { type Measured, openSession, type Session } from './session.ts'

export interface Comparison<Side extends string> {
  readonly rounds: number
  readonly sides: Readonly<Record<Side, (sinks: readonly string[]) => Promise<Engine>>>
  readonly measure: (session: Session, engine: Engine, side: Side) => Promise<Measured>
}

/** Measures each side in each round, one after the other, every time in a fresh process. */
export async function inTurn<Side extends string>({
  rounds,
  sides,
  measure,
}: Comparison<Side>): Promise<Record<Side, Measured[]>> {
  const names = Object.keys(sides) as Side[]
  const results = Object.fromEntries(names.map((name) => [name, [] as Measured[]])) as Record<Side, Measured[]>
  const session = await openSession()
  const measureOne = async (name: Side): Promise<void> => {
    const engine = await sides[name](session.sinks)
    try {
      results[name].push(await measure(session, engine, name))
    } finally {
      await engine.stop()
    }
  }
  try {
    for (let number = 0; number < rounds; number += 1) for (const name of names) await measureOne(name)
  } finally {
    session.stop()
  }
  return results
}

export function sum(measured: readonly Measured[], figure: 'lost' | 'duplicated' | 'refused'): number {
  return measured.reduce((total, one) => total + one[figure], 0)
}
