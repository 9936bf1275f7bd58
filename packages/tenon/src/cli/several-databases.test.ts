import { afterAll, afterEach, expect, test } from 'vitest'
import { usePostgres } from '../postgres/postgres.fixture.ts'
import { createNodes, newUrl, quiet } from './nodes.fixture.ts'
import { createWorkplace } from './process.fixture.ts'

const server = usePostgres()
const { tenon, write, clear, remove, data, start, statuses } = createNodes()
afterEach(clear)
afterAll(remove)

write(
  'app.ts',
  `
import { defineApp, defineFlow, manual } from 'tenon'
const flow = defineFlow('report', { trigger: manual(), async run({ step }) { return step.run('who', () => 1) } })
export default defineApp({ flows: [flow] })
`,
)
write(
  'named.ts',
  `
import { defineApp, defineFlow, fromEnvironment, manual, postgres } from 'tenon'
const flow = defineFlow('report', { trigger: manual(), async run() {} })
export default defineApp({ flows: [flow], database: postgres([fromEnvironment('NORTH'), fromEnvironment('SOUTH')]) })
`,
)
test('CLU: nodes that are given the same databases share them, and another list is refused with words', async () => {
  const [north, south, other] = [await newUrl(server()), await newUrl(server()), await newUrl(server())]
  const both = ['--database', north, '--database', south]
  await start('one', ...both)
  await start('two', '--database', south, '--database', north)
  expect(await tenon('runs', 'start', 'report', ...data('one'))).toMatchObject({ code: 0 })
  await expect.poll(() => statuses('two'), { timeout: 20_000 }).toEqual(['completed'])
  for (const list of [[north], [south], [north, other], [north, south, other]]) {
    const { code, out, err } = await tenon(
      'start',
      ...list.flatMap((url) => ['--database', url]),
      ...quiet,
      ...data('three'),
    )
    expect([code, out + err]).toEqual([1, expect.stringMatching(/[Gg]ive (?:every|this) node the same/)])
  }
  const { out } = await tenon('doctor', ...both, ...data('one'))
  expect(out.match(/PostgreSQL \d+/g)).toHaveLength(2)
  expect(out).toContain('the audit log is whole')
}, 180_000)

test('an app names several databases, and so does TENON_DATABASE with spaces between them', async () => {
  const [north, south] = [await newUrl(server()), await newUrl(server())]
  const unset = await tenon('start', '--app', 'named.ts', ...quiet, ...data('named'))
  expect([unset.code, unset.out + unset.err]).toEqual([1, expect.stringContaining('NORTH, which is not set')])
  process.env['TENON_DATABASE'] = ` ${north}  ${south} `
  const place = createWorkplace()
  delete process.env['TENON_DATABASE']
  try {
    place.write('app.ts', "import { defineApp } from 'tenon'\nexport default defineApp({ flows: [] })\n")
    const node = place.begin('start', ...quiet)
    await node.said(/"url"/)
    const alone = await tenon('start', '--database', north, ...quiet, ...data('alone'))
    expect([alone.code, alone.out + alone.err]).toEqual([1, expect.stringContaining('Give every node the same')])
  } finally {
    place.clear()
    place.remove()
  }
}, 120_000)
