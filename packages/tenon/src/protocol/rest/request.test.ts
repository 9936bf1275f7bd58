import { describe, expect, test } from 'vitest'
import type { RequestParts } from '../../definition/operation.ts'
import { operationOf } from './operation.ts'
import type { RestWire, WireParameter } from './wire.ts'

type Fields = Readonly<Record<string, unknown>>

function request(wire: Partial<RestWire>, input: Fields, schema: Fields = {}): RequestParts {
  const operation = operationOf({
    input: schema,
    output: true,
    api: {},
    schemas: {},
    wire: { method: 'POST', path: '/x', answers: [], ...wire },
  })
  return (operation.request as (input: Fields) => RequestParts)(input)
}

const text = 'blue'
const list = ['blue', 'black', 'brown']
const members = { R: 100, G: 200, B: 150 }

// OAS 3.1 §4.8.12.5, "Style Examples", with the corrections of 3.1.1 for what is percent-encoded.
describe('REST-03: parameters are written as the table of the specification says', () => {
  test.each<readonly [string, boolean, string, string, string]>([
    ['matrix', false, ';color=blue', ';color=blue,black,brown', ';color=R,100,G,200,B,150'],
    ['matrix', true, ';color=blue', ';color=blue;color=black;color=brown', ';R=100;G=200;B=150'],
    ['label', false, '.blue', '.blue,black,brown', '.R,100,G,200,B,150'],
    ['label', true, '.blue', '.blue.black.brown', '.R=100.G=200.B=150'],
    ['simple', false, 'blue', 'blue,black,brown', 'R,100,G,200,B,150'],
    ['simple', true, 'blue', 'blue,black,brown', 'R=100,G=200,B=150'],
  ])('path, %s, explode %s', (style, explode, ...wanted) => {
    const parameters = [{ name: 'color', in: 'path', style, explode }] as WireParameter[]
    const found = [text, list, members].map((color) => request({ path: '/{color}/end', parameters }, { color }).path)
    expect(found).toEqual(wanted.map((one) => `/${one}/end`))
  })

  test.each<readonly [string, boolean, string, string, string]>([
    ['form', false, 'color=blue', 'color=blue,black,brown', 'color=R,100,G,200,B,150'],
    ['form', true, 'color=blue', 'color=blue&color=black&color=brown', 'R=100&G=200&B=150'],
    ['spaceDelimited', false, 'color=blue', 'color=blue%20black%20brown', 'color=R%20100%20G%20200%20B%20150'],
    ['pipeDelimited', false, 'color=blue', 'color=blue%7Cblack%7Cbrown', 'color=R%7C100%7CG%7C200%7CB%7C150'],
    [
      'deepObject',
      true,
      'color=blue',
      'color[0]=blue&color[1]=black&color[2]=brown',
      'color[R]=100&color[G]=200&color[B]=150',
    ],
  ])('query, %s, explode %s', (style, explode, ...wanted) => {
    const parameters = [{ name: 'color', in: 'query', style, explode }] as WireParameter[]
    expect([text, list, members].map((color) => request({ parameters }, { color }).search)).toEqual(wanted)
  })

  test.each([
    [false, 'R,100,G,200,B,150'],
    [true, 'R=100,G=200,B=150'],
  ])('header and cookie, explode %s', (explode, wanted) => {
    const header = request({ parameters: [{ name: 'X-Color', in: 'header', explode }] }, { 'X-Color': members })
    expect(header.headers).toEqual({ 'x-color': wanted })
    const { cookies } = request({ parameters: [{ name: 'color', in: 'cookie', explode: false }] }, { color: list })
    expect(cookies).toEqual({ color: 'blue,black,brown' })
  })

  test('reserved characters stay where they may, and what would end a value never does', () => {
    const parameters = [{ name: 'q', in: 'query', allowReserved: true }] as const
    expect(request({ parameters }, { q: "a/b:c;d=e,f!'()*@$ü%20&x=1#y+z?[]" }).search).toBe(
      "q=a/b:c;d=e,f!'()*@$%C3%BC%20%26x=1%23y%2Bz%3F%5B%5D",
    )
    expect(request({ parameters: [{ name: 'q', in: 'query' }] }, { q: 'a/b&c=d' }).search).toBe('q=a%2Fb%26c%3Dd')
  })

  test('nothing is nothing: no parameter, no body', () => {
    const parameters = [
      { name: 'a', in: 'query' },
      { name: 'b', in: 'query' },
      { name: 'h', in: 'header' },
    ] as const
    const body = { kind: 'json', type: 'application/json', mayBeMissing: true } as const
    expect(request({ parameters, body }, { a: undefined, b: [], h: null })).toEqual({
      path: '/x',
      search: '',
      headers: {},
    })
    expect(request({ body: { kind: 'json', type: 'application/json' } }, {}).body).toEqual({})
    expect(request({ search: 'v=1', parameters: [{ name: 'a', in: 'query' }] }, { a: null }).search).toBe('v=1&a=')
  })

  test.each(['../x', '..', 'a//b', 'a/../b', 'a/%2e%2e/b', ''])(
    'EGR-03: a path whose slashes stay does not climb by %j',
    (name) => {
      const wire: Partial<RestWire> = {
        path: '/v1/{name}',
        parameters: [{ name: 'name', in: 'path', allowReserved: true }],
      }
      expect(request(wire, { name: 'projects/p1/topics/t 1?#' }).path).toBe('/v1/projects/p1/topics/t%201%3F%23')
      expect(() => request(wire, { name })).toThrow(expect.objectContaining({ code: 'INPUT_INVALID' }) as Error)
    },
  )

  test('EGR-03: neither does a list of dots', () => {
    const wire = (style: 'label' | 'simple'): Partial<RestWire> => ({
      path: '/{p}/x',
      parameters: [{ name: 'p', in: 'path', style, explode: true }],
    })
    for (const p of [['.'], ['..'], '.', []])
      expect(() => request(wire('label'), { p })).toThrow(expect.objectContaining({ code: 'INPUT_INVALID' }) as Error)
    expect(() => request(wire('simple'), { p: [] })).toThrow(
      expect.objectContaining({ code: 'INPUT_INVALID' }) as Error,
    )
  })
})

describe('REST-04: bodies', () => {
  const schema = { type: 'object', properties: { a: { type: 'string' } } }

  test('members of the body are those that are no parameters, by their own names', () => {
    const parameters = [{ name: 'id', in: 'query' }] as const
    const body = { kind: 'json', type: 'application/json', renamed: { idInBody: 'id' } } as const
    expect(request({ parameters, body }, { id: 1, idInBody: 2, more: 3 }, schema)).toMatchObject({
      search: 'id=1',
      body: { id: 2, more: 3 },
    })
    expect(request({ body }, { idInBody: 2 }, schema).body).toEqual({ id: 2 })
  })

  test('JSON that is a text, a number or null is written as such', () => {
    const body = { kind: 'json', type: 'application/json', as: 'body' } as const
    expect(['x', 7, null].map((value) => request({ body }, { body: value }).body)).toEqual(['"x"', '7', 'null'])
  })

  test('a form repeats lists, writes objects as JSON or as its encoding says', () => {
    const encoding = { deep: { style: 'deepObject', explode: true }, flat: { explode: false } } as const
    const body = { kind: 'form', type: 'application/x-www-form-urlencoded', encoding } as const
    const value = { list: ['a b', '&'], object: { x: 1 }, deep: { x: [{ y: 1 }] }, flat: ['a', 'b'], none: undefined }
    expect(request({ body }, value, schema)).toMatchObject({
      body: 'list=a%20b&list=%26&object=%7B%22x%22%3A1%7D&deep[x][0][y]=1&flat=a,b',
      headers: { 'content-type': 'application/x-www-form-urlencoded' },
    })
  })

  test('no value of a multipart body can end its part or its head', () => {
    const body = { kind: 'multipart', type: 'multipart/form-data' } as const
    const sent = (): RequestParts =>
      request({ body }, { 'a"\r\nX: y': { data: new Uint8Array([1]), name: 'f"\r\n', type: 'a/b\r\nX: y' } }, schema)
    const { body: bytes, headers } = sent()
    const boundary = /boundary=(tenon-[\w-]{32})$/.exec(headers?.['content-type'] ?? '')?.[1] ?? ''
    expect(Buffer.from(bytes as Uint8Array).toString('latin1')).toBe(
      `--${boundary}\r\nContent-Disposition: form-data; name="a%22%0D%0AX: y"; filename="f%22%0D%0A"\r\nContent-Type: a/b X: y\r\n\r\n\u0001\r\n--${boundary}--\r\n`,
    )
    expect(sent().headers?.['content-type']).not.toBe(headers?.['content-type'])
  })

  test('XML is written by its description, and nothing in a value becomes a tag', () => {
    const described = {
      properties: {
        body: {
          xml: { name: 'order', namespace: 'urn:o' },
          properties: {
            id: { xml: { attribute: true } },
            lines: { type: 'array', xml: { wrapped: true }, items: { xml: { name: 'line' } } },
            tag: { type: 'array' },
          },
        },
      },
    }
    const body = { kind: 'xml', type: 'application/xml', as: 'body' } as const
    const value = { id: '"<1>&', lines: ['a<b', 2], tag: ['x', 'y'], free: null }
    expect(request({ body }, { body: value }, described).body).toBe(
      '<?xml version="1.0" encoding="UTF-8"?><order xmlns="urn:o" id="&#34;&#60;1&#62;&amp;"><lines><line>a&#60;b</line><line>2</line></lines><tag>x</tag><tag>y</tag><free></free></order>',
    )
    expect(() => request({ body }, { body: { 'a><b': 1 } }, described)).toThrow(
      expect.objectContaining({ code: 'INPUT_INVALID' }) as Error,
    )
  })
})

test('REST-06: of the address of a page only the query is used', () => {
  const wire: Partial<RestWire> = {
    parameters: [{ name: 'page', in: 'query' }],
    paging: { by: 'address', from: ['next'], to: 'next' },
  }
  for (const next of ['https://evil.example/y?page=2&c=a b|"', '/other?page=2&c=a b|"#x', '?page=2&c=a b|"'])
    expect(request(wire, { page: 1, next })).toMatchObject({ path: '/x', search: 'page=2&c=a%20b%7C%22' })
  expect(() => request(wire, { next: 'https://shop.example/page/2' })).toThrow(
    expect.objectContaining({ code: 'INPUT_INVALID' }) as Error,
  )
})
