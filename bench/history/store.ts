import { fork } from 'node:child_process'
import { once } from 'node:events'
import { say } from '../measure/progress.ts'
import { round } from '../measure/statistics.ts'
import type { FillRequest } from './fill.ts'

/** Fills a data folder in a process of its own, so that nothing of it is left in memory. */
export async function fillStore(request: FillRequest): Promise<void> {
  say(`filling a store with ${request.runs} runs …`)
  const began = performance.now()
  const child = fork(new URL('fill.ts', import.meta.url))
  child.on('message', ({ done }: { done: number }) =>
    say(`  ${done} after ${round((performance.now() - began) / 1000)} s`),
  )
  child.send(request)
  const [code] = (await once(child, 'exit')) as [number | null]
  if (code !== 0) throw new Error(`filling the store ended with ${code}`)
}
