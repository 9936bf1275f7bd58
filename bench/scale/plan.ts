import type { Figures, Hardware } from './figures.ts'
import { simulate, type Answer } from './simulate.ts'

export interface Plan {
  readonly runsPerS: number
  /** Groups of nodes, each on a database of its own, with tenants of its own. */
  readonly cells: number
  /** In each. */
  readonly nodes: number
  readonly database: Answer
  /** Of each database. */
  readonly logMbPerS: number
  readonly logShare: number
  readonly coreShare: number
  readonly connections: number
  /** What all the nodes with nothing to do would cost each database. */
  readonly idleCores: number
  /** Of all together, while nothing is forgotten. */
  readonly diskTbPerDay: number
  /** What would be at its limit first. */
  readonly first: string
}

/** What is kept free for peaks, checkpoints, vacuum, backups and whatever these figures do not know. */
const mostOfNode = 0.6
const mostOfCores = 0.5
const mostOfLog = 0.4
/** Partitions of one database, each of one node: more nodes would have nothing to do. */
const mostNodes = 64
/** For a node to end without the others being overrun. */
const fewestNodes = 3
const connectionsOfNode = 20
const mostConnections = 1000
const daySeconds = 86_400
const simulatedSeconds = 0.3

/** What so many runs need: as many cells as it takes until none of them is beyond what is kept free. */
export function plan(figures: Figures, hardware: Hardware, runsPerS: number): Plan {
  for (let cells = fewestCells(figures, hardware, runsPerS); ; cells += 1) {
    const planned = planCells(figures, hardware, { runsPerS, cells })
    if (planned.shares.every(({ share }) => share <= 1)) return planned.plan
  }
}

/** To within two hundredths, the most runs per second that one primary with its nodes takes. */
export function mostOfOneCell(figures: Figures, hardware: Hardware): number {
  let [possible, tooMany] = [0, 1_000_000]
  while (tooMany - possible > possible / 50) {
    const middle = (possible + tooMany) / 2
    const { shares } = planCells(figures, hardware, { runsPerS: middle, cells: 1 })
    if (shares.every(({ share }) => share <= 1)) possible = middle
    else tooMany = middle
  }
  return possible
}

/** Fewer need not be tried. */
function fewestCells(figures: Figures, hardware: Hardware, runsPerS: number): number {
  const nodes = nodesFor(figures, runsPerS)
  const log = (runsPerS * figures.run.walBytes) / hardware.logBytesPerS / mostOfLog
  const fewest = Math.max(log, nodes / mostNodes, (nodes * connectionsOfNode) / mostConnections)
  return Math.max(1, Math.floor(fewest))
}

function planCells(
  figures: Figures,
  hardware: Hardware,
  { runsPerS, cells }: { readonly runsPerS: number; readonly cells: number },
): { readonly plan: Plan; readonly shares: readonly { readonly name: string; readonly share: number }[] } {
  const ofCell = runsPerS / cells
  const nodes = nodesFor(figures, ofCell)
  const logBytesPerS = ofCell * figures.run.walBytes
  const idleCores = (nodes * figures.idle.databaseMs) / 1000
  const database = simulate({ figures, hardware, nodes, runsPerS: ofCell, seconds: simulatedSeconds })
  const coreShare = (database.databaseCores + idleCores) / hardware.databaseCores
  const logShare = logBytesPerS / hardware.logBytesPerS
  const connections = nodes * connectionsOfNode
  const shares = [
    { name: 'CPU of the database', share: coreShare / mostOfCores },
    { name: 'log of the database', share: logShare / mostOfLog },
    { name: 'connections', share: connections / mostConnections },
    { name: 'partitions', share: nodes / mostNodes },
    { name: 'commits', share: database.keepsUp ? 0 : Number.POSITIVE_INFINITY },
  ]
  const first = shares.reduce((most, one) => (one.share > most.share ? one : most))
  return {
    shares,
    plan: {
      runsPerS,
      cells,
      nodes,
      database,
      logMbPerS: logBytesPerS / 1e6,
      logShare,
      coreShare,
      connections,
      idleCores,
      diskTbPerDay: (runsPerS * figures.run.diskBytes * daySeconds) / 1e12,
      first: first.name,
    },
  }
}

/** A node's main thread is one core; batches cost it something by themselves. */
function nodesFor(figures: Figures, runsPerS: number): number {
  return Math.max(fewestNodes, Math.ceil((runsPerS * figures.run.nodeMs) / 1000 / mostOfNode))
}
