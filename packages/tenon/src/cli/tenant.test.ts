import { join } from 'node:path'
import { afterAll, afterEach, expect, test } from 'vitest'
import { createWorkplace } from './process.fixture.ts'

const { begin, tenon, write, clear, remove, folder } = createWorkplace()
afterEach(clear)
afterAll(remove)

/** The printer hangs at the first letter of all. */
const app = write(
  'app.ts',
  `
import { existsSync, writeFileSync } from 'node:fs'
import { defineApp, defineFlow, manual, signal } from 'tenon'
const hung = ${JSON.stringify(join(folder, 'hung'))}
const letter = defineFlow('letter', {
  trigger: manual(),
  waits: { sent: signal() },
  async run({ step }) {
    await step.run('print', async () => {
      if (existsSync(hung)) return
      writeFileSync(hung, '')
      await new Promise((resolve) => setTimeout(resolve, 3_600_000))
    }, { repeatable: false })
    await step.waitFor('sent')
  },
})
export default defineApp({ flows: [letter] })
`,
)

test('SEC-09: orders are about a run of the tenant that is named, and reach none of another', async () => {
  const first = begin('start', '--app', app)
  await first.said(/address +(http:\S+)/)
  const begun = await tenon('runs', 'start', 'letter', '--id', 'one', '--tenant', 'acme')
  expect(begun.out).toContain('npx tenon runs show one --tenant acme')
  await expect
    .poll(async () => (await tenon('runs', 'show', 'one', '--tenant', 'acme')).out, { timeout: 15_000 })
    .toContain('▸ print')
  first.child.kill('SIGKILL')
  await first.ended

  const { said } = begin('start', '--app', app)
  await said(/needs a person[^]*npx tenon runs show one --tenant acme/)
  const orders = [
    ['retry', 'one'],
    ['retry', 'one', '--anew'],
    ['cancel', 'one'],
    ['signal', 'one', 'sent'],
    ['decide', 'one', 'print', 'did-not-happen'],
  ]
  for (const order of orders)
    for (const whose of [[], ['--tenant', 'other']])
      expect(await tenon('runs', ...order, ...whose)).toMatchObject({ code: 1, err: 'there is no run one\n' })

  const acme = async (...words: string[]): Promise<string> => {
    const { code, out, err } = await tenon('runs', ...words, '--tenant', 'acme')
    expect([code, err]).toEqual([0, ''])
    return out
  }
  expect(await acme('show', 'one')).toContain("npx tenon runs decide one --tenant acme 'print' did-not-happen")
  const told = 'npx tenon runs show one --tenant acme'
  expect(await acme('decide', 'one', 'print', 'did-not-happen')).toContain(told)
  await said(/✗ letter[^]*npx tenon runs retry one --tenant acme/)
  // Who decides a moment later is told who had the say, by a code of its own.
  const late = await tenon('runs', 'decide', 'one', 'print', 'happened', '--tenant', 'acme', '--json')
  expect(late.code).toBe(4)
  expect(JSON.parse(late.out)).toMatchObject({
    error: { code: 'ORDER_REFUSED', decision: { kind: 'did-not-happen', at: expect.any(Number) as number } },
  })
  const log = await tenon('audit', 'list', '--tenant', 'acme')
  expect(log.out).toMatch(
    /run\.decided +one +failed .*\n +by \S+ · code ORDER_REFUSED · decision happened · step print\n/,
  )
  expect(log.out).toMatch(/run\.decided +one +done .*\n +by \S+ · decision did-not-happen · step print\n/)
  const { entries } = JSON.parse((await tenon('audit', 'list', '--tenant', 'acme', '--json')).out) as {
    entries: object[]
  }
  expect(entries).toContainEqual(
    expect.objectContaining({ details: expect.objectContaining({ decision: 'happened' }) }),
  )
  expect(await acme('retry', 'one')).toContain(told)
  await said(/◷ sent +waits/)
  expect(await acme('signal', 'one', 'sent')).toContain(told)
  await said(/✓ letter +.*completed/)

  const anew = /runs show (\S+ --tenant acme)/.exec(await acme('retry', 'one', '--anew'))?.[1] ?? ''
  await said(/◷ sent +waits/)
  expect(await acme('cancel', anew.split(' ')[0] ?? '')).toContain(anew)
  await expect.poll(() => acme('list', '--status', 'cancelled'), { timeout: 15_000 }).toContain(anew.split(' ')[0])
  expect((await tenon('runs', 'list', '--json')).out).toContain('"runs":[]')
}, 120_000)
