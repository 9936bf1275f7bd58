import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as pause } from 'node:timers/promises'
import { TenonError } from '../base/errors.ts'
import { connectToServer } from '../server/management-client.ts'
import type { TenantList } from '../server/tenants/tenants.ts'
import type { Nodes } from './nodes.fixture.ts'

/** Runs of two steps with a pause between them, in lines; each step's effect is a line of the file `effects`. */
export const workApp = `
import { appendFileSync } from 'node:fs'
import { defineApp, defineFlow, manual } from 'tenon'
import { z } from 'zod'
const effects = 'effects'
const input = z.object({ id: z.string(), line: z.string() })
const work = defineFlow('work', {
  trigger: manual(input),
  key: ({ data }) => data.line,
  async run({ step, event }) {
    await step.run('one', () => appendFileSync(effects, event.data.id + ' one\\n'))
    await step.sleep('1200ms')
    await step.run('two', () => appendFileSync(effects, event.data.id + ' two\\n'))
  },
})
export default defineApp({ flows: [work] })
`

export interface Traffic {
  /** Of runs that were acknowledged. */
  readonly ids: string[]
  /** Longest time from asking to the acknowledgement, in milliseconds. */
  longestMs: number
  stop(): Promise<readonly string[]>
}

/** Starts runs until it is told to stop; one that is not acknowledged is asked for again, as a provider would. */
export function send({ pathOf }: Nodes, nodes: readonly string[], tenant: string): Traffic {
  const traffic = { ids: [] as string[], longestMs: 0, isStopped: false }
  const work = async (): Promise<void> => {
    for (let count = 0; !traffic.isStopped; count += 1) {
      const id = `${tenant}-${count}`
      const asked = performance.now()
      for (let tries = 0; ; tries += 1) {
        const node = nodes[(count + tries) % nodes.length] ?? ''
        const body = { flow: 'work', id, input: { id, line: `${tenant}-${count % 25}` } }
        const done = await answered(pathOf(node), `/runs?tenant=${tenant}`, body)
        if (done) break
        await pause(100)
      }
      traffic.longestMs = Math.max(traffic.longestMs, performance.now() - asked)
      traffic.ids.push(id)
      await pause(40)
    }
  }
  const working = work()
  return Object.assign(traffic, {
    async stop() {
      traffic.isStopped = true
      await working
      return traffic.ids
    },
  })
}

/** False where it did not say that it has it. */
async function answered(dataFolder: string, path: string, body: unknown): Promise<boolean> {
  try {
    const sent = connectToServer({ dataFolder }).send('POST', path, body)
    return await Promise.race([sent.then(() => true), pause(8000).then(() => false)])
  } catch (error) {
    if (TenonError.is(error, 'INPUT_INVALID') || TenonError.is(error, 'FORBIDDEN')) throw error
    return false
  }
}

export async function tenantList({ tenon, data }: Nodes, node: string): Promise<TenantList> {
  return JSON.parse((await tenon('tenants', 'list', '--json', ...data(node))).out) as TenantList
}

export async function unfinished({ pathOf }: Nodes, node: string, tenant: string): Promise<readonly string[]> {
  const client = connectToServer({ dataFolder: pathOf(node) })
  const left: string[] = []
  for (const status of ['ready', 'queued', 'waiting', 'parked', 'failed', 'cancelled']) {
    const answer = await client.get(`/runs?tenant=${tenant}&status=${status}`)
    for (const { run } of answer['runs'] as { run: string }[]) left.push(`${status} ${run}`)
  }
  return left
}

export async function runsOf(nodes: Nodes, node: string, tenant: string): Promise<number> {
  const found = (await tenantList(nodes, node)).tenants.find((one) => one.tenant === tenant)
  return found?.runs ?? 0
}

/** How often each step of each run had its effect. */
export function effects({ folder }: Nodes): ReadonlyMap<string, number> {
  const counts = new Map<string, number>()
  for (const line of readFileSync(join(folder, 'effects'), 'utf8').split('\n').filter(Boolean))
    counts.set(line, (counts.get(line) ?? 0) + 1)
  return counts
}
