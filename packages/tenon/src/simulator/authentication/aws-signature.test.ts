import { sign } from 'aws4'
import { expect, test } from 'vitest'
import { awsSignature } from '../../definition/auth/aws-signature.ts'
import { opened } from '../authentication.fixture.ts'

const account = { accessKeyId: 'AKIDEXAMPLE', secretAccessKey: 'wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY' }

interface Given {
  readonly method?: string
  readonly target?: string
  readonly body?: string
  readonly headers?: Record<string, string>
}

/** As the widely used package signs it. */
function signedBy(keys: typeof account & { sessionToken?: string }, wanted: Given = {}, service = 'execute-api') {
  const { method = 'GET', target = '/things/1', body = '', headers = {} } = wanted
  const request = {
    host: 'api.example.com',
    service,
    region: 'us-east-1',
    method,
    path: target,
    headers: { ...headers },
    ...(body === '' ? {} : { body }),
  }
  sign(request, keys)
  // It gives the length as a number.
  const given = Object.entries(request.headers as Record<string, unknown>)
  const sent = given.map(([name, value]) => [name, String(value)])
  return { method, target, body, headers: Object.fromEntries(sent) as Record<string, string> }
}

const open = (credentials: Record<string, string> = account, service = 'execute-api') =>
  opened(awsSignature({ service, region: 'us-east-1' }), credentials)

test.each<[string, Given]>([
  ['nothing more', {}],
  ['a query, with a name that begins another', { target: '/things/1?page=2&page1=a%2Fb&a=&a1=%2A' }],
  ['a path in percent form', { target: '/things/a%20b%C3%A4' }],
  ['a body', { method: 'POST', target: '/things', body: '{"a":"ä"}', headers: { 'Content-Type': 'application/json' } }],
])('AUT-09: what the aws4 package signs is taken: %s', async (_what, given) => {
  const { ask } = await open()
  // Only the first is meant for the operation's input.
  const answer = await ask(signedBy(account, given))
  expect(answer).not.toEqual(expect.stringContaining('match'))
  if (given.target?.includes('a1=') !== true) expect(answer).toBe('good')
})

test('AUT-09: a store, and temporary credentials', async () => {
  const temporary = { ...account, sessionToken: 'AQoDYXdzEPT' }
  const store = await open(temporary, 's3')
  expect(await store.ask(signedBy(temporary, { target: '/things/a%20b' }, 's3'))).toBe('good')
  expect(await store.ask(signedBy(account, {}, 's3'))).toMatch('session token')
})

test('AUT-09: each wrong part is refused, with what is wrong', async () => {
  const { ask, pass } = await open()
  const good = signedBy(account, { method: 'POST', target: '/things', body: '{"a":1}' })
  const changed = (headers: Record<string, string>) => ({ ...good, headers: { ...good.headers, ...headers } })
  const authorization = good.headers['Authorization'] ?? ''
  expect(await ask(good)).toBe('good')
  expect(await ask({ ...good, headers: {} })).toMatch('no Authorization')
  expect(await ask({ ...good, body: '{"a":2}' })).toMatch('does not match')
  expect(await ask({ ...good, target: '/things?x=1' })).toMatch('does not match')
  expect(await ask(signedBy({ ...account, accessKeyId: 'another' }))).toMatch('access key ID')
  expect(await ask(signedBy({ ...account, secretAccessKey: 'another' }))).toMatch('does not match')
  expect(await ask(signedBy(account, {}, 's3'))).toMatch('scope')
  expect(await ask(changed({ Authorization: authorization.replace(/host;/, '') }))).toMatch('host is not signed')
  expect(await ask(changed({ 'X-Amz-Target': 'A.B' }))).toMatch('x-amz-target is not signed')
  expect(await ask(changed({ 'X-Amz-Content-Sha256': 'UNSIGNED-PAYLOAD' }))).toMatch('not signed')
  pass(6 * 60_000)
  expect(await ask(good)).toMatch('s from now')
})
