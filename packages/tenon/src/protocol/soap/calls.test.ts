import { createServer, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { listen, WSSecurity } from 'soap'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import type { AnswerParts, OperationOptions, RequestParts } from '../../definition/operation.ts'
import { erp } from './erp.fixture.ts'
import { protocol } from './soap.ts'

const sent = {
  id: 'o<1>',
  number: 7,
  state: 'open',
  buyer: { $type: 'Company', name: 'Ä & <Co>', vat: 'DE1' },
  total: { $value: '12.50', currency: 'EUR' },
  lines: [{ sku: 'a', count: 2 }],
  invoice: true,
  tags: ['new', 'big'],
}

const got: unknown[] = []

/** As the widely used package serves the same description. */
const orders = {
  SaveOrder(input: unknown, _: unknown, headers: unknown) {
    got.push({ input, headers })
    const order = {
      attributes: { id: 'o2' },
      number: '9007199254740993',
      state: 'paid',
      buyer: { name: 'Bob' },
      total: { attributes: { currency: 'EUR' }, $value: '12.50' },
      lines: [{ sku: 'a', count: 1 }],
      card: '4711',
    }
    return { order, saved: '2026-01-01T00:00:00Z' }
  },
  FindOrder() {
    const Fault = {
      faultcode: 'soap:Client',
      faultstring: 'there is none',
      detail: { Refused: { why: 'it was never there' } },
    }
    return Promise.reject(Object.assign(new Error('refused'), { Fault }))
  },
}

let server: Server
let origin = ''

beforeAll(async () => {
  server = createServer((_, response) => response.end())
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  origin = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
  listen(server, '/soap/orders', { Erp: { OrdersPort: orders } }, erp)
})
afterAll(() => void server.close())

async function operation(name: string): Promise<OperationOptions> {
  const document = { location: 'erp.wsdl', text: erp, related: () => Promise.reject(new Error('there are no others')) }
  const api = await protocol.describe(document, { only: () => true })
  const found = api.operations.find((one) => one.name === name)
  if (found === undefined) throw new Error(`no operation ${name}`)
  return protocol.operation({ ...found, api: api.wire, schemas: api.schemas })
}

async function answerTo(options: OperationOptions, input: unknown): Promise<AnswerParts> {
  const { path, search = '', headers = {}, body } = (options.request as (input: unknown) => RequestParts)(input)
  const answer = await fetch(`${origin}${path}?${search}`, { method: 'POST', headers, body: body as string })
  return {
    status: answer.status,
    headers: { 'content-type': answer.headers.get('content-type') ?? '' },
    body: await answer.text(),
  }
}

describe('against the server of the soap package', () => {
  test('SOAP-01: it reads what is written, and what it answers is an output', async () => {
    const options = await operation('saveOrder')
    const answer = await answerTo(options, { order: sent, headers: { Session: { id: 's-1' } } })
    expect(got.at(-1)).toMatchObject({
      headers: { Session: { id: 's-1' } },
      input: {
        order: {
          attributes: { id: 'o<1>' },
          number: 7,
          buyer: { name: 'Ä & <Co>', vat: 'DE1' },
          total: { attributes: { currency: 'EUR' }, $value: 12.5 },
          lines: [{ sku: 'a', count: 2 }],
          tags: 'new big',
        },
      },
    })
    expect(options.failure?.(answer)).toBeNull()
    const output = options.response?.(answer)
    expect(output).toEqual({
      order: {
        id: 'o2',
        number: 9_007_199_254_740_993n,
        state: 'paid',
        buyer: { name: 'Bob' },
        total: { currency: 'EUR', $value: '12.50' },
        lines: [{ sku: 'a', count: 1 }],
        card: '4711',
      },
      saved: '2026-01-01T00:00:00Z',
    })
    expect(options.output['~standard'].validate(output)).toEqual({ value: output })
  })

  test('SOAP-01: its fault is the failure of the call, and an answer where the sender is to blame', async () => {
    const options = await operation('findOrder')
    const answer = await answerTo(options, { OrderNumber: 7 })
    expect(options.failure?.(answer)).toEqual({
      message: 'there is none',
      code: 'Refused',
      fate: 'answered',
      retryable: false,
    })
  })

  test('AUT-09: a security header in an envelope is no matter of the operation that reads it', async () => {
    const options = await operation('saveOrder')
    const input = { order: sent, headers: { Session: { id: 's-1' } } }
    const { headers = {}, body } = (options.request as (input: unknown) => RequestParts)(input)
    const security = new WSSecurity('bob', 'secret').toXML()
    const secured = (body as string).replace('<soap:Header>', () => `<soap:Header>${security}`)
    expect(secured).toContain('UsernameToken')
    const request = { method: 'POST', headers, query: {}, body: Buffer.from(secured) }
    expect(options.served?.claims?.(request)).toBe(true)
    expect(options.served?.read(request, {})).toEqual(input)
  })
})

test('SOAP-01: an envelope has the namespaces, the order and the types that the schema asks for', async () => {
  const options = await operation('saveOrder')
  const { id, ...later } = sent
  const order = { ...later, note: null, id }
  const { headers, body } = (options.request as (input: unknown) => RequestParts)({ order })
  expect(headers).toEqual({ 'content-type': 'text/xml; charset=utf-8', soapaction: '"urn:erp#save"' })
  const instance = 'xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance"'
  expect(body).toBe(
    [
      '<?xml version="1.0" encoding="UTF-8"?><soap:Envelope xmlns:soap="http://schemas.xmlsoap.org/soap/envelope/"><soap:Body>',
      '<SaveOrder xmlns="urn:erp:types"><order id="o&#60;1&#62;"><number>7</number><state>open</state>',
      `<buyer ${instance} xmlns:type="urn:erp:types" xsi:type="type:Company"><name>Ä &amp; &#60;Co&#62;</name><vat>DE1</vat></buyer>`,
      '<total currency="EUR">12.50</total><lines><sku>a</sku><count>2</count></lines><invoice>true</invoice>',
      `<note ${instance} xsi:nil="true"/><tags>new big</tags></order></SaveOrder></soap:Body></soap:Envelope>`,
    ].join(''),
  )
})
