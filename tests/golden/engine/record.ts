// Writes the journals of a new version of entries, once: `node --conditions=source tests/golden/engine/record.ts`. Those that stand there are never written again.
import { existsSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { failed, world } from '../../../packages/tenon/src/engine/engine.fixture.ts'
import { flows } from './v1/flows.ts'

const folder = join(import.meta.dirname, 'v1')
const tenant = 'default'

const at = await world(flows)
at.upstream.on('read', ({ input }) =>
  (input as { refuse?: boolean }).refuse
    ? failed('answered', { retryable: false, code: 'UPSTREAM_REFUSED' })
    : { lines: 2 },
)
at.upstream.on('reserve', async ({ input }, count) => {
  const { side, fails, n } = input as { side?: string; fails?: string; n?: number }
  await new Promise<void>((resolve) => at.clock.after(side === 'left' ? 200 : 100, resolve))
  if (fails === 'once' && !seen.has('reserve'))
    return (seen.add('reserve'), failed('answered', { retryable: false, code: 'UPSTREAM_REFUSED' }))
  if (n === 1 && !seen.has('n')) return (seen.add('n'), failed('ambiguous'))
  return { reserved: count }
})
at.upstream.on('notify', ({ input }) => ((input as { lost?: boolean }).lost ? failed('ambiguous') : { sent: true }))
const seen = new Set<string>()

async function ask(asked: Promise<unknown>): Promise<void> {
  await at.clock.settle()
  await asked
  await at.clock.advance(20_000)
}

for (const { name } of flows)
  if (name !== 'child') await ask(at.engine.start({ tenant, flow: name, input: { n: 1 }, id: `run-${name}` }))
await ask(at.engine.signal({ tenant, run: 'run-waits', name: 'go', data: { first: true }, id: 's1' }))
await at.crash()
await at.clock.advance(3_700_000)
await ask(
  at.engine.accept({
    tenant,
    trigger: 'depot',
    id: 'e1',
    type: 'depot/delivered',
    source: 'depot',
    timeMs: at.clock.now(),
    data: { shipment: 's1' },
    dedupeMs: 1000,
  }),
)
await at.clock.advance(100_000)
await ask(at.engine.cancel({ tenant, run: 'run-taken-back', reason: 'no longer wanted' }))
await ask(
  at.engine.decide({
    tenant,
    run: 'run-decided',
    step: 'depot.notify#1',
    decision: { kind: 'happened', result: { sent: 'by hand' } },
    by: 'ada',
  }),
)
await ask(at.engine.retry({ tenant, run: 'run-retried' }))

for (const row of (await at.engine.list({ tenant, limit: 100 })).runs) {
  const file = join(folder, `${row.flow}.json`)
  if (existsSync(file)) throw new Error(`${file} is there already; a journal that was written is never written again`)
  const [loaded] = await at.journal.load([row])
  const { run, flow, version, createdAt, status } = row
  const { values } = at.journal.snapshot()
  const kept = [...values]
    .filter(([hash]) => loaded!.entries.some(({ body }) => body.includes(hash)))
    .map(([hash, { body }]) => ({ hash, body }))
  const output = (await at.engine.describe(tenant, run))?.output
  const text = JSON.stringify(output, (_key, part: unknown) => (typeof part === 'bigint' ? `${part}n` : part))
  const facts = { run, flow, version, createdAt, status, output: output === null ? null : text }
  writeFileSync(
    file,
    `${JSON.stringify({ ...facts, input: loaded!.input, values: kept, entries: loaded!.entries }, null, 2)}\n`,
  )
}
