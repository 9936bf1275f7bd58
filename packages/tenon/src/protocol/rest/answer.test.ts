import { describe, expect, test } from 'vitest'
import type { ProviderFailure } from '../../definition/operation.ts'
import type { JsonSchema } from '../../schema/schema.ts'
import { nextIn } from './answer/link.ts'
import { operationOf } from './operation.ts'
import type { RestWire, WireAnswer, WirePaging } from './wire.ts'

const parts = (wire: Partial<RestWire>, output: JsonSchema = true): Parameters<typeof operationOf>[0] => ({
  input: {},
  output,
  api: {},
  schemas: {},
  wire: { method: 'GET', path: '/x', answers: [], ...wire },
})

function output(
  answers: readonly WireAnswer[],
  given: { status?: number; type?: string; body?: unknown },
  schema: JsonSchema = true,
): unknown {
  const { status = 200, type = 'application/json', body } = given
  return operationOf(parts({ answers }, schema)).response?.({ status, headers: { 'content-type': type }, body })
}

const invalid = expect.objectContaining({ code: 'BODY_INVALID' }) as Error

describe('REST-05: an answer is read by its status and type', () => {
  const answers: WireAnswer[] = [
    { status: '201', kind: 'text', type: 'text/plain' },
    { status: '2XX', kind: 'json', type: 'application/json' },
    { status: 'default' },
  ]

  test('the exact status comes before its range, the range before the default', () => {
    expect(output(answers, { status: 201, type: 'text/plain', body: 'made' })).toBe('made')
    expect(output(answers, { status: 202, body: { a: 1 } })).toEqual({ a: 1 })
    expect(output(answers, { status: 404, body: { a: 1 } })).toBeNull()
    expect(output(answers, { status: 202 })).toBeNull()
  })

  test.each<readonly [string, WireAnswer, string, unknown]>([
    [
      'a page of HTML in place of JSON',
      { status: '200', kind: 'json', type: 'application/json' },
      'text/html; charset=utf-8',
      '<html>',
    ],
    [
      'a page of HTML in place of a document',
      { status: '200', kind: 'bytes', type: 'application/pdf' },
      'text/html',
      '<html>',
    ],
    ['XML in place of JSON', { status: '200', kind: 'json', type: 'application/json' }, 'application/xml', '<a/>'],
    ['a text that is no JSON', { status: '200', kind: 'json', type: 'application/json' }, 'text/plain', 'ok'],
    [
      'JSON with a prototype',
      { status: '200', kind: 'json', type: 'application/json' },
      'text/plain',
      '{"__proto__": {"a": 1}}',
    ],
    [
      'lines of which one is broken',
      { status: '200', kind: 'ndjson', type: 'application/x-ndjson' },
      'application/x-ndjson',
      Buffer.from('{"a":1}\n{"a":'),
    ],
    [
      'XML with a document type',
      { status: '200', kind: 'xml', type: 'application/xml' },
      'application/xml',
      '<!DOCTYPE a [<!ENTITY b "c">]><a>&b;</a>',
    ],
    [
      'XML that is nested without end',
      { status: '200', kind: 'xml', type: 'application/xml' },
      'application/xml',
      '<a>'.repeat(100_000),
    ],
    ['XML with two roots', { status: '200', kind: 'xml', type: 'application/xml' }, 'application/xml', '<a/><b/>'],
    [
      'bytes that are not in their character set',
      { status: '200', kind: 'text', type: 'text/csv' },
      'text/csv',
      new Uint8Array([0xff, 0xfe, 0xfd]),
    ],
  ])('%s is named', (_name, answer, type, body) => {
    expect(() => output([answer], { type, body })).toThrow(invalid)
  })

  test('JSON that is sent as a text is JSON, where that was described', () => {
    expect(
      output([{ status: '200', kind: 'json', type: 'application/json' }], { type: 'text/javascript', body: '{"a":1}' }),
    ).toEqual({ a: 1 })
  })

  test('XML is read by its description; what that does not know is kept', () => {
    const schema = {
      type: 'object',
      properties: {
        id: { type: 'integer', xml: { attribute: true } },
        paid: { type: 'boolean' },
        line: { type: 'array', items: { type: 'number' } },
        tags: { type: 'array', xml: { wrapped: true }, items: { type: 'string', xml: { name: 'tag' } } },
        note: { type: ['string', 'null'] },
      },
    } as const
    const body =
      '<o:order xmlns:o="urn:o" xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance" id="7"><paid>true</paid><line>1.5</line><line>2</line><tags><tag>a</tag></tags><note xsi:nil="true"/><more><x>1</x></more><again>1</again><again>2</again></o:order>'
    expect(
      output([{ status: '200', kind: 'xml', type: 'application/xml' }], { type: 'text/xml', body }, schema),
    ).toEqual({ id: 7, paid: true, line: [1.5, 2], tags: ['a'], note: null, more: { x: '1' }, again: ['1', '2'] })
  })
})

describe('ERR-02: what a refusal says', () => {
  const failure = (body: unknown, told?: RestWire['failure']): ProviderFailure | null =>
    operationOf(parts(told === undefined ? {} : { failure: told })).failure?.({ status: 400, headers: {}, body }) ??
    null

  test.each<readonly [string, unknown, string, string | undefined]>([
    [
      'a problem (RFC 9457)',
      { type: 'https://x/out-of-credit', title: 'Credit', detail: 'You have 30.', status: 403 },
      'You have 30.',
      'https://x/out-of-credit',
    ],
    ['an object', { error: { message: 'no such id', code: 'missing', type: 'invalid' } }, 'no such id', 'missing'],
    ['OAuth (RFC 6749)', { error: 'invalid_grant', error_description: 'is over' }, 'is over', 'invalid_grant'],
    ['a list', { errors: [{ detail: 'bad', code: 17 }, { detail: 'worse' }] }, 'bad', '17'],
    ['texts', { errors: ['bad', 'worse'] }, 'bad', undefined],
    ['a text alone', { error: 'not allowed' }, 'not allowed', undefined],
    ['other letters', { Message: 'is denied', Code: 'AccessDenied' }, 'is denied', 'AccessDenied'],
    ['JSON as a text', '{"message": "late"}', 'late', undefined],
    ['a list alone', [{ message: 'first', errorCode: 'E1' }], 'first', 'E1'],
  ])('%s', (_name, body, message, code) => {
    expect(failure(body)).toEqual({ message, ...(code !== undefined && { code }) })
  })

  test('the words of the description come before those that most use', () => {
    const body = { message: 'failed', problem: { text: 'the card is over', no: 13 } }
    expect(failure(body, { message: ['problem', 'text'], code: ['problem', 'no'] })).toEqual({
      message: 'the card is over',
      code: '13',
    })
  })

  test.each([[undefined], ['<html>'], [null], [{}], [[]], [{ error: {} }], [7]])('%j says nothing', (body) => {
    expect(failure(body)).toBeNull()
  })
})

describe('REST-06: the page after', () => {
  const next = (paging: WirePaging, input: object, found: unknown): unknown => {
    const ask = operationOf(parts({ paging })).paging?.next as ((input: object, output: unknown) => unknown) | undefined
    return ask?.(input, found)
  }
  const cursor = { by: 'cursor', from: ['meta', 'next'], to: 'cursor', more: ['more'] } as const
  const last = { by: 'last', items: ['data'], id: 'id', to: 'after', more: ['has_more'] } as const
  const page = { by: 'page', to: 'page', first: 1, items: ['data'] } as const
  const offset = { by: 'offset', to: 'skip', first: 0, items: [] } as const
  const two = [{ id: 'a' }, { id: 'b' }]

  const pages: readonly (readonly [string, WirePaging, object, unknown, unknown])[] = [
    ['a cursor', cursor, { limit: 2 }, { meta: { next: 'c2' } }, { limit: 2, cursor: 'c2' }],
    ['a cursor that is empty', cursor, {}, { meta: { next: '' } }, null],
    ['no cursor', cursor, {}, { meta: null }, null],
    ['a cursor after the last', cursor, {}, { meta: { next: 'c2' }, more: false }, null],
    ['the last id', last, {}, { data: two, has_more: true }, { after: 'b' }],
    ['no more', last, {}, { data: two, has_more: false }, null],
    ['an empty list', last, {}, { data: [], has_more: true }, null],
    ['the number of a page', page, { page: 3 }, { data: two }, { page: 4 }],
    ['the first page', page, {}, { data: two }, { page: 2 }],
    ['an empty page', page, { page: 3 }, { data: [] }, null],
    ['the last of so many pages', { ...page, pages: ['n'] }, { page: 3 }, { data: two, n: 3 }, null],
    ['one before it', { ...page, pages: ['n'] }, { page: 2 }, { data: two, n: 3 }, { page: 3 }],
    ['a short page', { ...page, size: { as: 'size', usual: 3 } }, {}, { data: two }, null],
    [
      'a page of the size that was asked for',
      { ...page, size: { as: 'size', usual: 3 } },
      { size: 2 },
      { data: two },
      { size: 2, page: 2 },
    ],
    [
      'a short page that is not the last',
      { ...page, size: { as: 'size', usual: 3 }, more: ['more'] },
      {},
      { data: two, more: true },
      { page: 2 },
    ],
    [
      'as many as there are',
      { ...page, size: { as: 'size' }, total: ['t'] },
      { size: 2, page: 2 },
      { data: two, t: 4 },
      null,
    ],
    [
      'fewer than there are',
      { ...page, size: { as: 'size' }, total: ['t'] },
      { size: 2, page: 2 },
      { data: two, t: 5 },
      { size: 2, page: 3 },
    ],
    ['an offset', offset, { skip: 4 }, two, { skip: 6 }],
    ['an offset to the end', { ...offset, items: ['data'], total: ['t'] }, { skip: 4 }, { data: two, t: 6 }, null],
    [
      'an address',
      { by: 'address', from: ['@odata.nextLink'], to: 'next' },
      { a: 1 },
      { '@odata.nextLink': 'https://x/?p=2' },
      { a: 1, next: 'https://x/?p=2' },
    ],
  ]

  test.each(pages.map(([name, paging, ...rest]) => ({ name, paging, rest })))(
    '$name',
    ({ paging, rest: [input, found, wanted] }) => {
      expect(next(paging, input, found)).toEqual(wanted)
    },
  )

  test.each<readonly [string, string | null]>([
    ['<https://x/?page=2>; rel="next", <https://x/?page=9>; rel="last"', 'https://x/?page=2'],
    ['<https://x/?page=1>; rel="prev", <https://x/?page=3>; title="a, <b>"; rel=next', 'https://x/?page=3'],
    ['</p?page=2>; rel="first NEXT"', '/p?page=2'],
    ['<https://x/?page=9>; rel="last"', null],
    ['<https://x/?page=9', null],
    ['', null],
    ['<'.repeat(20_000), null],
  ])('the header Link %.40j', (header, wanted) => {
    expect(nextIn(header)).toBe(wanted)
  })
})
