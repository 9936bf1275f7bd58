import { afterAll, afterEach, expect, test } from 'vitest'
import { Secret } from '../base/secret.ts'
import { openDatabase } from '../postgres/postgres.ts'
import type { TenantList } from '../server/tenants/tenants.ts'
import { usePostgres } from '../postgres/postgres.fixture.ts'
import { createNodes, newUrl, quiet } from './nodes.fixture.ts'
import { createWorkplace } from './process.fixture.ts'

const server = usePostgres()
const { tenon, write, clear, remove, data, pathOf, start, stop, statuses } = createNodes()
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
  try {
    place.write('app.ts', "import { defineApp } from 'tenon'\nexport default defineApp({ flows: [] })\n")
    const node = place.begin('start', ...quiet)
    delete process.env['TENON_DATABASE']
    await node.said(/"url"/)
    const alone = await tenon('start', '--database', north, ...quiet, ...data('alone'))
    expect([alone.code, alone.out + alone.err]).toEqual([1, expect.stringContaining('Give every node the same')])
  } finally {
    place.clear()
    place.remove()
  }
}, 120_000)

test('CLU-02: from a data folder onto one database, from there onto two by moving tenants; what is in two places is found', async () => {
  const [north, south] = [await newUrl(server()), await newUrl(server())]
  const embedded = await start('embedded')
  for (const tenant of ['acme', 'beta'])
    expect(await tenon('runs', 'start', 'report', '--tenant', tenant, ...data('embedded'))).toMatchObject({ code: 0 })
  await stop(embedded)
  expect(await tenon('migrate', '--from', pathOf('embedded'), '--to', north, '--json')).toMatchObject({ code: 0 })
  const left = await tenon('doctor', '--database', north, ...data('embedded'))
  expect(left.out).toContain('its journal was moved to')
  const both = ['--database', north, '--database', south]
  const one = await start('placed', ...both)
  const list = async () => JSON.parse((await tenon('tenants', 'list', '--json', ...data('placed'))).out) as TenantList
  const [first = '', second = ''] = (await list()).databases.map(({ name }) => name)
  const moved = await tenon('tenants', 'move', 'beta', '--to', second, ...data('placed'))
  expect([moved.code, moved.out]).toEqual([0, expect.stringContaining(`beta lives on ${second} now`)])
  expect((await list()).tenants).toEqual(
    expect.arrayContaining([
      expect.objectContaining({ tenant: 'acme', database: first, runs: 1 }),
      expect.objectContaining({ tenant: 'beta', database: second, runs: 1 }),
    ]),
  )
  const sound = await tenon('doctor', ...both, ...data('placed'))
  expect(sound.out).toContain('each tenant is in one database only')
  await stop(one)
  const refused = await tenon('migrate', '--from', north, '--to', pathOf('elsewhere'))
  expect([refused.code, refused.out + refused.err]).toEqual([1, expect.stringContaining('where beta live')])

  // As after a restore of one of them to an earlier moment.
  const database = openDatabase({ url: new Secret(north), unavailable: 'STORE_UNAVAILABLE' })
  await database.query("UPDATE run SET tenant = (SELECT id FROM tenant WHERE tenant = 'beta')")
  await database.close()
  const torn = await tenon('doctor', ...both, ...data('placed'))
  expect([torn.code, torn.out.replaceAll(/\s+/g, ' ')]).toEqual([
    1,
    expect.stringContaining(`beta lives on ${second}, and has rows on ${first} too`),
  ])
}, 240_000)
