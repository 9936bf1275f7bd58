import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { readFileSync, rmSync, statSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { sleep, systemClock } from '../../base/clock.ts'

export interface Writing {
  readonly pid: number
  /** Kills it and tells the last acknowledged sequence of each of its runs. */
  kill(): Promise<Map<string, number>>
}

/** A process that writes into the journal of that folder; resolves when about so many writes have been acknowledged. */
export async function startWriting(
  folder: string,
  { round, writes }: { round: number; writes: number },
): Promise<Writing> {
  const ledger = `${folder}-ledger-${round}`
  const file = fileURLToPath(new URL('./crash-child.ts', import.meta.url))
  const child = spawn(process.execPath, ['--conditions=source', file, folder, String(round), ledger], {
    stdio: ['ignore', 'ignore', 'inherit'],
  })
  while ((statSync(ledger, { throwIfNoEntry: false })?.size ?? 0) < writes * 10) {
    if (child.exitCode !== null) throw new Error(`the writing process ended with ${child.exitCode}`)
    await sleep(systemClock, 2)
  }
  return {
    pid: child.pid ?? 0,
    async kill() {
      child.kill('SIGKILL')
      await once(child, 'exit')
      const lines = readFileSync(ledger, 'utf8').split('\n').slice(0, -1)
      rmSync(ledger)
      return new Map(lines.map((line) => line.split(' ') as [string, string]).map(([run, seq]) => [run, Number(seq)]))
    },
  }
}
