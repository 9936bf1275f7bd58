import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { TenonError } from '../base/errors.ts'
import type { AnswerParts, OperationOptions, RequestParts } from '../definition/operation.ts'
import type { RawRequest } from '../definition/verifier.ts'
import type { ApiDescription, SourceDocument } from './description.ts'
import type { Protocol } from './protocol.ts'

/** A call as it should be, by the name of its operation. */
export interface ProtocolCase {
  readonly operation: string
  readonly input: unknown
  /** What the provider's side reads of it, where that is not the input itself. */
  readonly read?: unknown
  readonly output: unknown
}

export interface ProtocolFixture {
  readonly protocol: Protocol
  /** A description that has the operations of the cases. */
  readonly document: Pick<SourceDocument, 'location' | 'text'>
  readonly cases: readonly ProtocolCase[]
  /** Texts that are descriptions of other protocols, or of none. */
  readonly strangers: readonly string[]
  /** Texts that this protocol is meant to read and cannot. */
  readonly broken: readonly string[]
}

const identifier = /^[A-Za-z_$][\w$]*$/
const all = { only: () => true }

function asSource({ location, text }: Pick<SourceDocument, 'location' | 'text'>): SourceDocument {
  return {
    location,
    text,
    related: (name) => Promise.reject(new TenonError('DESCRIPTION_INVALID', `${name} is not here`)),
  }
}

/** What every protocol must do. A protocol's test is one call of it. */
export function protocolSuite(name: string, { protocol, document, cases, strangers, broken }: ProtocolFixture): void {
  const described = (): Promise<ApiDescription> => protocol.describe(asSource(document), all)
  const operationsOf = (api: ApiDescription): Readonly<Record<string, OperationOptions>> =>
    Object.fromEntries(
      api.operations.map(({ name: own, input, output, wire }) => [
        own,
        protocol.operation({ input, output, wire, api: api.wire, schemas: api.schemas }),
      ]),
    )
  const operationOf = async (own: string): Promise<OperationOptions> =>
    operationsOf(await described())[own] as OperationOptions

  describe(`protocol: ${name}`, () => {
    test('REST-01: it knows its own descriptions, and no others', () => {
      expect(protocol.recognise(document)).toEqual(expect.any(String))
      for (const text of strangers) expect(protocol.recognise({ location: 'other', text })).toBeNull()
    })

    test('REST-01: a description read twice is the same, and nothing but data', async () => {
      const [one, two] = [await described(), await described()]
      expect(JSON.stringify(one)).toBe(JSON.stringify(two))
      expect(JSON.parse(JSON.stringify(one))).toEqual(one)
      expect(one.protocol).toBe(protocol.name)
    })

    test('REST-01: names are identifiers, each once, and every reference leads to a named schema', async () => {
      const { operations, schemas, events } = await described()
      const names = operations.map((one) => one.name)
      expect(new Set(names).size).toBe(names.length)
      for (const own of [...names, ...Object.keys(schemas)]) expect(own).toMatch(identifier)
      const references = JSON.stringify([operations, schemas, events]).matchAll(/"\$ref":"([^"]*)"/g)
      for (const [, to = ''] of references) expect(Object.keys(schemas)).toContain(to.replace('#/$defs/', ''))
    })

    test('REST-01: what nobody asked for is left out, and what stays is called the same', async () => {
      const [wanted] = cases
      const whole = await described()
      const part = await protocol.describe(asSource(document), { only: (one) => one.name === wanted?.operation })
      expect(part.operations).toEqual(whole.operations.filter((one) => one.name === wanted?.operation))
      for (const [own, schema] of Object.entries(part.schemas)) expect(whole.schemas[own]).toEqual(schema)
    })

    test.each(cases)(
      'REST-02: $operation: the provider reads what was written, and we read what it answers',
      async ({ operation, input, read = input, output }) => {
        const options = await operationOf(operation)
        expect(options.input['~standard'].validate(input)).toEqual({ value: input })
        const parts = (options.request as (input: unknown) => RequestParts)(input)
        const { request, params } = received(options, parts)
        expect(options.served?.claims?.(request) ?? true).toBe(true)
        expect(options.served?.read(request, params)).toEqual(read)
        const answer = answered(options.served?.write(output) as AnswerParts)
        expect(options.failure?.(answer) ?? null).toBeNull()
        const found = options.response?.(answer)
        expect(found).toEqual(output)
        expect(options.output['~standard'].validate(found)).toEqual({ value: found })
      },
    )

    test.each(cases)('ERR-02: $operation: a refusal is read as the failure that it is', async ({ operation }) => {
      const options = await operationOf(operation)
      const refusal = { status: 422, code: 'input-invalid', message: 'the amount is missing' }
      const answer = answered(options.served?.refuse(refusal) as AnswerParts)
      expect(options.failure?.(answer)).toMatchObject({ message: refusal.message })
    })

    test.each(broken)('REST-01: what cannot be read is named, with the place: %#', async (text) => {
      const reading = protocol.describe(asSource({ location: 'broken', text }), all)
      await expect(reading).rejects.toMatchObject({
        code: 'DESCRIPTION_INVALID',
        message: expect.stringMatching(/^broken/) as string,
      })
    })

    test('an operation is made of what describe wrote, and of nothing else', () => {
      const nothing = { input: true, output: true, api: {}, schemas: {} }
      for (const wire of [{}, { method: 'BREW', path: '/' }, { method: 'GET', path: 7 }])
        expect(() => protocol.operation({ ...nothing, wire })).toThrow(
          expect.objectContaining({ code: 'APP_INVALID' }) as Error,
        )
    })

    test('REST-01: however a description is damaged, it is read or refused by name', async () => {
      await fc.assert(
        fc.asyncProperty(damaged(document.text), async (text) => {
          try {
            const api = await protocol.describe(asSource({ location: 'damaged', text }), all)
            operationsOf(api)
          } catch (error) {
            expect(error).toMatchObject({ code: 'DESCRIPTION_INVALID' })
          }
        }),
        { numRuns: 150 },
      )
    })

    test('REST-02: whatever is answered, it is an output that fits, or an error', async () => {
      const operations = operationsOf(await described())
      const own = cases.map(({ operation, output }) => [operation, output] as const)
      fc.assert(
        fc.property(
          fc.constantFrom(...own),
          fc.nat({ max: 599 }),
          anyBody,
          fc.constantFrom(...types),
          ([operation, output], status, body, type) => {
            const options = operations[operation] as OperationOptions
            const good = answered(options.served?.write(output) as AnswerParts)
            for (const answer of [
              { ...good, body },
              { status, headers: { 'content-type': type }, body },
              { ...good, headers: {}, body },
            ]) {
              options.failure?.(answer)
              const found = outcome(() => options.response?.(answer))
              if (found !== failed) void options.output['~standard'].validate(found)
            }
          },
        ),
        { numRuns: 500 },
      )
      expect(Object.prototype).not.toHaveProperty('polluted')
    })

    test('whatever a provider is sent, it is an input, or named as none', async () => {
      const operations = Object.values(operationsOf(await described()))
      fc.assert(
        fc.property(
          fc.constantFrom(...operations),
          fc.uint8Array({ maxLength: 200 }),
          fc.constantFrom(...types),
          fc.webQueryParameters(),
          (options, body, type, query) => {
            const request = {
              method: options.method,
              headers: { 'content-type': type, cookie: query },
              query: {},
              url: `http://x/?${query}`,
              body,
            }
            try {
              options.served?.read(request, {})
            } catch (error) {
              expect(error).toMatchObject({ code: 'BODY_INVALID' })
            }
          },
        ),
        { numRuns: 300 },
      )
    })
  })
}

const failed = Symbol('failed')

function outcome(read: () => unknown): unknown {
  try {
    return read()
  } catch (error) {
    expect(error).toBeInstanceOf(Error)
    expect(error).not.toBeInstanceOf(RangeError)
    return failed
  }
}

const types = [
  'application/json',
  'text/plain',
  'text/html',
  'application/xml',
  'text/xml; charset=utf-16',
  'application/x-ndjson',
  'application/octet-stream',
  'multipart/form-data; boundary=x',
  'application/x-www-form-urlencoded',
  '',
]

const nested = '['.repeat(5000)
const deepXml = '<a>'.repeat(5000)

const anyBody = fc.oneof(
  fc.jsonValue({ maxDepth: 4 }),
  fc.string({ unit: 'binary' }),
  fc.uint8Array({ maxLength: 100 }),
  fc.constantFrom<unknown>(
    undefined,
    nested,
    deepXml,
    Buffer.from(nested),
    Buffer.from(deepXml),
    '<!DOCTYPE a [<!ENTITY b "c">]><a>&b;</a>',
    '<a/><b/>',
    JSON.parse('{"__proto__": {"polluted": true}}'),
    '{"__proto__": {"polluted": true}}',
    Buffer.from('{"__proto__": {"polluted": true}}\n'),
    Buffer.from([0xff, 0xfe, 0x3c, 0xd8]),
  ),
)

/** The text with a piece left out, repeated or put in somewhere else, and values of it replaced. */
function damaged(text: string): fc.Arbitrary<string> {
  const place = fc.nat({ max: text.length - 1 })
  const put = fc.oneof(
    fc.jsonValue().map((value) => JSON.stringify(value)),
    fc.constantFrom(
      '"$ref": "#/',
      '{"$ref": "#"}',
      '"__proto__": {"a": 1}',
      'null',
      '[]',
      '{}',
      '-1',
      '"\u0000"',
      '\uFEFF',
      '&a *a',
      '!!js/function x',
    ),
  )
  return fc.oneof(
    place.map((at) => text.slice(0, at)),
    fc.tuple(place, fc.nat({ max: 200 })).map(([at, length]) => text.slice(0, at) + text.slice(at + length)),
    fc.tuple(place, put).map(([at, piece]) => text.slice(0, at) + piece + text.slice(at)),
    fc.tuple(fc.nat({ max: 400 }), put).map(([number, value]) => valueReplaced(text, number, value)),
  )
}

/** The value of one member, whichever it is, replaced: the document stays JSON. */
function valueReplaced(text: string, number: number, value: string): string {
  const members = [...text.matchAll(/"[^"\\]*":\s*("[^"\\]*"|-?\d+|true|false|null|\{|\[)/g)]
  const member = members[number % Math.max(1, members.length)]
  const found = member?.[1]
  if (member === undefined || found === undefined) return text
  const at = member.index + member[0].length - found.length
  return found === '{' || found === '[' ? text : text.slice(0, at) + value + text.slice(at + found.length)
}

/** A request as the provider's side gets it. */
function received(
  options: OperationOptions,
  { path, query, search, headers = {}, cookies = {}, body }: RequestParts,
): { readonly request: RawRequest; readonly params: Readonly<Record<string, string>> } {
  const texts = Object.entries(query ?? {}).map(([name, value]): [string, string] => [name, String(value)])
  const written = search ?? new URLSearchParams(texts).toString()
  const jar = Object.entries(cookies).map(([name, value]) => `${name}=${value}`)
  const bytes =
    body instanceof Uint8Array
      ? body
      : Buffer.from(body === undefined ? '' : typeof body === 'string' ? body : JSON.stringify(body))
  const request = {
    method: options.method,
    headers: { ...headers, ...(jar.length > 0 && { cookie: jar.join('; ') }) },
    query: Object.fromEntries(new URLSearchParams(written)),
    url: `https://provider.example${path}${written === '' ? '' : `?${written}`}`,
    body: bytes,
  }
  return { request, params: paramsIn(options.path, path) }
}

function paramsIn(template: string, path: string): Readonly<Record<string, string>> {
  const names = [...template.matchAll(/\{([^{}]*)\}/g)].map((match) => match[1] as string)
  const pieces = template.split(/\{[^{}]*\}/).map((piece) => piece.replace(/[.*+?^${}()|[\]\\]/g, String.raw`\$&`))
  const found = new RegExp(`^${pieces.join('([^/]*)')}$`).exec(path)
  expect(found).not.toBeNull()
  return Object.fromEntries(names.map((own, index) => [own, decodeURIComponent(found?.[index + 1] ?? '')]))
}

/** An answer after its way through the wire: JSON and texts are read by the client, all else is bytes. */
function answered({ status, headers, body }: AnswerParts): AnswerParts {
  const isText = typeof body === 'string' && !/ndjson|jsonl/.test(headers['content-type'] ?? '')
  if (body === undefined || isText || body instanceof Uint8Array) {
    const isJson = isText && /[/+]json/.test(headers['content-type'] ?? '')
    return { status, headers, body: isJson ? JSON.parse(body) : body }
  }
  return {
    status,
    headers,
    body: typeof body === 'string' ? new Uint8Array(Buffer.from(body)) : JSON.parse(JSON.stringify(body)),
  }
}
