import { existsSync, readFileSync, symlinkSync, mkdirSync, writeFileSync } from 'node:fs'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { execFile } from 'node:child_process'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { afterAll, afterEach, describe, expect, test } from 'vitest'
import { createWorkplace } from '../process.fixture.ts'

const { folder, tenon, write, clear, remove } = createWorkplace()
afterEach(clear)
afterAll(remove)

const order = {
  type: 'object',
  required: ['id', 'total'],
  properties: { id: { type: 'string', readOnly: true }, total: { type: 'integer' }, state: { enum: ['open', 'paid'] } },
}
const reference = { $ref: '#/components/schemas/Order' }
const json = (schema: object): object => ({ description: 'good', content: { 'application/json': { schema } } })
const shop = {
  openapi: '3.1.0',
  info: { title: 'Shop API', version: '1.0' },
  servers: [{ url: 'https://shop.example/v1' }],
  components: { schemas: { Order: order }, securitySchemes: { token: { type: 'http', scheme: 'bearer' } } },
  security: [{ token: [] }],
  paths: {
    '/orders': {
      get: {
        operationId: 'listOrders',
        tags: ['orders'],
        responses: { 200: json({ type: 'array', items: reference }) },
      },
      post: {
        operationId: 'createOrder',
        tags: ['orders'],
        requestBody: { required: true, content: { 'application/json': { schema: reference } } },
        responses: { 201: json(reference) },
      },
    },
    '/health': { get: { operationId: 'health', responses: { 200: json({ type: 'object' }) } } },
  },
}

const read = (name: string): string => readFileSync(join(folder, name), 'utf8')
const document = (name: string, part: object = shop): string => write(name, JSON.stringify(part))

describe('tenon add', () => {
  test(
    'REST-03: makes a connector of a description, with types that the compiler agrees to',
    { timeout: 120_000 },
    async () => {
      const { code, out, err } = await tenon('add', 'shop', document('shop.json'))
      expect([code, err]).toEqual([0, ''])
      expect(out).toContain('Shop API 1.0   OpenAPI 3.1.0')
      expect(out).toContain('operations   3: listOrders, createOrder, health')
      expect(out).toMatch(/auth +bearer\n.*base URL +https:\/\/shop\.example\/v1/)
      expect(out).toMatch(/\+ shop\.generated\.ts .*\n.*\+ shop\.ts\n/)
      write(
        'app.ts',
        `import { defineApp, defineFlow, manual } from 'tenon'
import { shop } from './shop.ts'
const flow = defineFlow('buy', {
  trigger: manual(), uses: { shop },
  async run({ shop }) {
    const order = await shop.createOrder({ total: 4200, state: 'open' })
    const total: number = order.total
    // @ts-expect-error -- only answers have it
    await shop.createOrder({ id: 'o1', total })
    // @ts-expect-error -- no such state
    await shop.createOrder({ total, state: 'lost' })
    return order.id
  },
})
export default defineApp({ flows: [flow] })
`,
      )
      const { checked } = await typeChecked()
      expect(checked).toBe('')
    },
  )

  test('REST-03: leaves what is yours alone, and writes only what was asked for', async () => {
    write('mine.ts', 'export const mine = 1\n')
    const description = document('mine.json')
    expect(await tenon('add', 'mine', description, '--only', 'orders', '--dry-run')).toMatchObject({
      code: 0,
      out: expect.stringMatching(/operations +2 by --only: listOrders, createOrder\n[^]*nothing was written/) as string,
    })
    expect(existsSync(join(folder, 'mine.generated.ts'))).toBe(false)
    await tenon('add', 'mine', description, '--only', 'create*,heal*')
    expect(read('mine.ts')).toBe('export const mine = 1\n')
    expect(read('mine.generated.ts')).not.toContain('listOrders')
    write('theirs.generated.ts', 'export {}\n')
    const refused = await tenon('add', 'theirs', description)
    expect(refused).toMatchObject({ code: 1, err: expect.stringContaining('was not made by tenon add') as string })
    expect(read('theirs.generated.ts')).toBe('export {}\n')
  })

  test('REST-03: an update says field by field what changed, and whether code has to follow', async () => {
    const description = document('later.json')
    await tenon('add', 'later', description, '--only', 'orders')
    expect(await tenon('add', 'later', '--update')).toMatchObject({
      out: expect.stringContaining('Nothing changed.') as string,
    })
    const { state: _, ...properties } = order.properties
    const changed = {
      ...order,
      required: ['id', 'total', 'currency'],
      properties: { ...properties, currency: { type: 'string' } },
    }
    const { get } = shop.paths['/orders']
    const paths = {
      ...shop.paths,
      '/orders': { ...shop.paths['/orders'], head: { ...get, operationId: 'countOrders' } },
    }
    document('later.json', { ...shop, paths, components: { ...shop.components, schemas: { Order: changed } } })
    const { out } = await tenon('add', 'later', '--update')
    expect(out).toContain('+ countOrders is new')
    expect(out).toContain('! ~ createOrder input.currency is new and required')
    expect(out).toContain('! ~ createOrder output.state is not there any more')
    expect(out).toContain('    ~ createOrder output.currency is new')
    expect(read('later.generated.ts')).not.toContain('health')
    expect(await tenon('add', 'later', '--update')).toMatchObject({
      out: expect.stringContaining('Nothing changed.') as string,
    })
  })

  test('REST-03: with --json everything is data', async () => {
    const { out } = await tenon('add', 'data', document('data.json'), '--json')
    expect(JSON.parse(out)).toMatchObject({
      format: 'OpenAPI 3.1.0',
      operations: ['listOrders', 'createOrder', 'health'],
      auth: ['bearer'],
      written: ['data.generated.ts', 'data.ts'],
      changes: [],
    })
  })
})

describe('what cannot be added is told plainly', () => {
  test.each([
    ['a file that is not there', ['none.json'], 'none.json: there is no such file'],
    [
      'no description at all',
      [write('text.txt', 'hello')],
      'text.txt: is not a description that can be read. Read are: GraphQL schemas (SDL, or introspection as JSON); OpenAPI 3.0',
    ],
    ['a web page', [write('page.html', '<!doctype html><p>Docs</p>')], 'is a web page, not a description'],
    [
      'no such operation',
      [document('few.json'), '--only', 'refunds*'],
      'no operation of few.json fits "refunds*". There are, among others: orders, listOrders',
    ],
    ['nothing to update', ['--update'], 'there is no odd.generated.ts here to update'],
    ['no document', [], 'name the description'],
    ['a name that is none', [], 'name'],
  ])('REST-03: %s', async (_what, words, message) => {
    const { code, err } = await tenon('add', 'odd', ...words)
    expect(err).toContain(message)
    expect(code).toBe(1)
  })

  test('REST-03: a document reads no files outside of its folder', async () => {
    mkdirSync(join(folder, 'docs'), { recursive: true })
    writeFileSync(
      join(folder, 'secret.json'),
      JSON.stringify({ type: 'object', properties: { leaked: { type: 'string' } } }),
    )
    symlinkSync(join(folder, 'secret.json'), join(folder, 'docs/link.json'))
    for (const [index, ref] of ['../secret.json', 'link.json'].entries()) {
      const part = { ...shop, components: { ...shop.components, schemas: { Order: { $ref: ref } } } }
      writeFileSync(join(folder, 'docs/shop.json'), JSON.stringify(part))
      await tenon('add', `out${index}`, 'docs/shop.json')
      if (existsSync(join(folder, `out${index}.generated.ts`)))
        expect(read(`out${index}.generated.ts`)).not.toContain('leaked')
    }
  })

  test('EGR-01: an address inside a network is not called, unless the operator allows it; redirects are told', async () => {
    const server = createServer((request, response) => {
      if (request.url === '/moved') response.writeHead(301, { location: '/openapi.json' }).end()
      else if (request.url !== '/openapi.json') response.writeHead(404).end('nothing')
      else response.writeHead(200, { 'content-type': 'application/json' }).end(JSON.stringify(shop))
    })
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
    const origin = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
    const refused = await tenon('add', 'web', `${origin}/openapi.json`)
    expect(refused).toMatchObject({ code: 1, err: expect.stringContaining('TENON_ALLOW_ORIGINS') as string })
    process.env['TENON_ALLOW_ORIGINS'] = origin
    const allowed = createWorkplace()
    expect(await allowed.tenon('add', 'web', `${origin}/openapi.json`)).toMatchObject({ code: 0 })
    expect(readFileSync(join(allowed.folder, 'web.generated.ts'), 'utf8')).toContain(`${origin}/openapi.json`)
    expect((await allowed.tenon('add', 'moved', `${origin}/moved`)).err).toContain(
      `is elsewhere: give the address ${origin}/openapi.json`,
    )
    expect((await allowed.tenon('add', 'gone', `${origin}/gone`)).err).toContain('is answered with status 404')
    expect((await allowed.tenon('add', 'key', `${origin.replace('//', '//user:hidden@')}/openapi.json`)).err).toMatch(
      /^(?!.*hidden)[^]*holds a password/,
    )
    allowed.remove()
    delete process.env['TENON_ALLOW_ORIGINS']
    server.close()
  })
})

/** What the compiler says of the folder. */
async function typeChecked(): Promise<{ readonly checked: string }> {
  write('package.json', '{"type":"module"}')
  write(
    'tsconfig.json',
    JSON.stringify({
      extends: join(import.meta.dirname, '../../../../../tsconfig.base.json'),
      compilerOptions: { noEmit: true },
      include: ['app.ts'],
    }),
  )
  const compiler = join(import.meta.dirname, '../../../../../node_modules/typescript/bin/tsc')
  const { stdout } = await promisify(execFile)(process.execPath, [compiler, '-p', folder]).catch(
    (error: { stdout: string }) => error,
  )
  return { checked: stdout }
}
