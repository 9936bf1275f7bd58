// Several nodes of Tenon over one PostgreSQL, as one engine.
import type { PostgresServer } from '../../packages/tenon/src/postgres/postgres.fixture.ts'
import type { Program, Usage } from '../measure/process.ts'
import { type Engine, startTenon } from './engines.ts'

export interface Cluster extends Engine {
  readonly nodes: readonly Engine[]
}

/** `ports`: of the database's hosts, in the order in which they are tried. */
export async function startCluster(
  server: PostgresServer,
  database: string,
  options: { readonly sinks: readonly string[]; readonly nodes: number; readonly ports?: readonly number[] },
): Promise<Cluster> {
  const url = server.url(database, options.ports).reveal()
  const nodes: Engine[] = []
  try {
    while (nodes.length < options.nodes) nodes.push(await startTenon(options.sinks, { database: url }))
  } catch (error) {
    await Promise.all(nodes.map((node) => node.stop()))
    throw error
  }
  const programs = nodes.map(({ program }) => program)
  const [first] = nodes
  if (first === undefined) throw new Error('a cluster has one node at least')
  return {
    ...first,
    nodes,
    program: together(programs),
    origins: programs.map(({ origin }) => origin),
    stop: async () => void (await Promise.all(nodes.map((node) => node.stop()))),
  }
}

function together(programs: readonly Program[]): Program {
  const total = (of: (usage: Usage) => number): number =>
    programs.reduce((sum, program) => sum + of(usageOf(program)), 0)
  return {
    ...programs[0]!,
    usage: () => ({
      cpuS: total(({ cpuS }) => cpuS),
      rssMib: total(({ rssMib }) => rssMib),
      peakRssMib: total(({ peakRssMib }) => peakRssMib),
    }),
  }
}

/** One that was killed uses nothing any more. */
function usageOf(program: Program): Usage {
  try {
    return program.usage()
  } catch {
    return { cpuS: 0, rssMib: 0, peakRssMib: 0 }
  }
}
