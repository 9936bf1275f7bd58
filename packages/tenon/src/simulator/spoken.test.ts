import { expect, test } from 'vitest'
import { z } from 'zod'
import { noAuth } from '../definition/auth.ts'
import { defineConnector } from '../definition/connector.ts'
import { operation, type ServedOperation } from '../definition/operation.ts'
import { Answer, defineSimulator, openSimulator } from './simulator.ts'

/** A protocol of which all operations share an address: the first word of the body says which. */
const spoken = (word: string): ServedOperation => ({
  claims: ({ body }) => Buffer.from(body).toString().startsWith(`${word} `),
  read: ({ body }) => ({
    rest: Buffer.from(body)
      .toString()
      .slice(word.length + 1),
  }),
  write: (output) => ({ status: 207, headers: { 'x-word': word }, body: `${word}: ${String(output)}` }),
  refuse: ({ status, code }) => ({ status, headers: {}, body: `${word} refuses: ${code}` }),
})

const talker = defineConnector('talker', {
  baseUrl: 'https://talker.example/v1',
  auth: noAuth(),
  operations: {
    say: operation({
      method: 'POST',
      path: '/',
      input: z.object({ rest: z.string().min(1) }),
      output: z.string(),
      served: spoken('say'),
    }),
    ask: operation({
      method: 'POST',
      path: '/',
      input: z.object({ rest: z.string() }),
      output: z.string(),
      served: spoken('ask'),
    }),
    file: operation({
      method: 'GET',
      path: '/files/{name}.{kind}',
      input: z.object({ name: z.string(), kind: z.string() }),
      output: z.any(),
    }),
    any: operation({ method: 'GET', path: '/files/{name}', input: z.object({ name: z.string() }), output: z.any() }),
    fixed: operation({ method: 'GET', path: '/files/readme.md', input: z.object({}), output: z.any() }),
  },
})

const simulator = await openSimulator(
  defineSimulator(talker, {
    operations: {
      say: ({ rest }) => rest,
      ask: ({ rest }) => `${rest}?`,
      file: (input) => ({ file: input }),
      any: (input) => ({ any: input }),
      fixed: () => ({ fixed: true }),
    },
  }),
)

async function answerTo(method: string, path: string, body = ''): Promise<Pick<Answer, 'status' | 'body' | 'headers'>> {
  const request = { method, headers: {}, query: {}, body: Buffer.from(body) }
  const found = await simulator.answer(`/v1${path}`, request)
  if (!(found instanceof Answer)) throw new Error('no answer')
  const { status, headers } = found
  return { status, headers, body: found.body }
}

test('an operation is the one that claims the request; its protocol reads the input and writes the answer', async () => {
  expect(await answerTo('POST', '/', 'say hello')).toEqual({
    status: 207,
    headers: { 'x-word': 'say' },
    body: 'say: hello',
  })
  expect(await answerTo('POST', '/', 'ask how')).toEqual({
    status: 207,
    headers: { 'x-word': 'ask' },
    body: 'ask: how?',
  })
})

test('a refusal is in the form of the protocol where the operation is known, and else a problem', async () => {
  expect(await answerTo('POST', '/', 'say ')).toMatchObject({ status: 400, body: 'say refuses: input-invalid' })
  expect(await answerTo('POST', '/', 'sing loudly')).toMatchObject({
    status: 404,
    headers: { 'content-type': 'application/problem+json' },
    body: { code: 'route-unknown' },
  })
  expect(await answerTo('DELETE', '/')).toMatchObject({ status: 405, body: { code: 'method-unknown' } })
})

test('parameters may be parts of a part of a path; what is fixed comes before them', async () => {
  expect(await answerTo('GET', '/files/a.b.tar.gz')).toMatchObject({ body: { file: { name: 'a', kind: 'b.tar.gz' } } })
  expect(await answerTo('GET', '/files/readme.md')).toMatchObject({ body: { fixed: true } })
  expect(await answerTo('GET', '/files/plain')).toMatchObject({ body: { any: { name: 'plain' } } })
  expect(await answerTo('GET', '/files/.md')).toMatchObject({ body: { any: { name: '.md' } } })
})
