import { sign } from 'aws4'
import { describe, expect, test } from 'vitest'
import { awsSignature } from '../../definition/auth/aws-signature.ts'
import type { BareRequest } from '../auth-scheme.ts'
import { opened, signed } from './scheme.fixture.ts'

// The credentials and the moment of AWS's published test suite.
const account = { accessKeyId: 'AKIDEXAMPLE', secretAccessKey: 'wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY' }
const nowMs = Date.UTC(2015, 7, 30, 12, 36, 0)
const region = 'us-east-1'
const origin = 'https://example.amazonaws.com'

interface Case {
  readonly request: Partial<BareRequest>
  readonly service?: string
  readonly payload?: 'signed' | 'unsigned'
  readonly session?: string
}

async function ours({ request, service = 'service', payload = 'signed', session }: Case) {
  const credentials = session === undefined ? account : { ...account, sessionToken: session }
  const auth = awsSignature({ service, region, payload })
  const authentication = await opened(auth, credentials, { nowMs, baseUrl: origin })
  return signed(authentication, { origin, ...request })
}

/** The widely used package signs what we send, with the same headers. */
function official(sent: Awaited<ReturnType<typeof ours>>, { service = 'service', session }: Case): string {
  const headers: Record<string, string> = { Host: 'example.amazonaws.com' }
  for (let index = 0; index < sent.headers.length; index += 2)
    if (sent.headers[index] !== 'authorization') headers[sent.headers[index] ?? ''] = sent.headers[index + 1] ?? ''
  const { method, path, body } = sent
  const ignored = { extraHeadersToIgnore: { 'content-length': true } }
  const request = {
    service,
    region,
    method,
    path,
    headers,
    ...ignored,
    ...(body === null ? {} : { body: String(body) }),
  }
  sign(request, { ...account, ...(session === undefined ? {} : { sessionToken: session }) })
  return String((request.headers as Record<string, unknown>)['Authorization'])
}

const signatureIn = (authorization = ''): string => /Signature=(\w+)$/.exec(authorization)?.[1] ?? ''

describe('AWS Signature 4', () => {
  test.each<[string, Partial<BareRequest>, string]>([
    ['get-vanilla', {}, '5fa00fa31553b73ebf1942676e86291e8372ff2a2260956d9b8aae1d763fbf31'],
    [
      'get-vanilla-query-order-key-case',
      { path: '/?Param2=value2&Param1=value1' },
      'b97d918cfa904a5beff61c982a1b6f458b799221646efd99d3219ec94cdf2500',
    ],
    ['post-vanilla', { method: 'POST' }, '5da7c1a2acd57cee7505fc6676e4e544621c30862966e37dddb68e92efbe5d6b'],
    [
      'post-x-www-form-urlencoded',
      { method: 'POST', headers: ['content-type', 'application/x-www-form-urlencoded'], body: 'Param1=value1' },
      'ff11897932ad3f4e8b18135d722051e5ac45fc38421b1da7b9d196a0fe09473a',
    ],
  ])('%s of the published test suite', async (_name, request, signature) => {
    expect(signatureIn((await ours({ request })).header('authorization'))).toBe(signature)
  })

  test.each<[string, Case]>([
    ['a session token', { request: {}, session: 'AQoDYXdzEPT//canary' }],
    ['JSON with a target', { request: { method: 'POST', headers: ['content-type', 'application/x-amz-json-1.0', 'x-amz-target', 'A.B'], body: '{"ä":1}' } }], // prettier-ignore
    ['a path that is encoded', { request: { path: '/a%20b/%C3%A4' } }],
    ['an object of a store', { request: { path: '/bucket/a%20b+c/%C3%A4(1).txt' }, service: 's3' }],
    ['an upload that is not covered', { request: { method: 'PUT', path: '/b/k', headers: ['content-type', 'text/plain'], body: 'x' }, service: 's3', payload: 'unsigned' }], // prettier-ignore
    ['a query', { request: { path: '/?list-type=2&prefix=a%2Fb%20c&empty=&x=*' }, service: 's3' }],
  ])('is signed as the aws4 package signs: %s', async (_name, given) => {
    const sent = await ours(given)
    expect(sent.header('authorization')).toBe(official(sent, given))
  })

  test('each request has its own time, and each day its own key', async () => {
    let now = nowMs - 86_400_000
    const auth = awsSignature({ service: 'service', region })
    const authentication = await opened(auth, account, { nowMs: () => now, baseUrl: origin })
    const first = await signed(authentication, { origin })
    now = nowMs
    const second = await signed(authentication, { origin })
    expect(first.header('x-amz-date')).toBe('20150829T123600Z')
    expect(signatureIn(second.header('authorization'))).toBe(
      '5fa00fa31553b73ebf1942676e86291e8372ff2a2260956d9b8aae1d763fbf31',
    )
  })

  test('path and query leave as they were signed', async () => {
    expect((await ours({ request: { path: '/b/x+y' }, service: 's3' })).path).toBe('/b/x%2By')
    expect((await ours({ request: { path: '/?b=x+y&a=*' } })).path).toBe('/?a=%2A&b=x%20y')
  })

  test.each(['accessKeyId', 'secretAccessKey', 'sessionToken'])('a bad %s is refused by its name', async (field) => {
    const opening = opened(awsSignature({ service: 's3', region }), { ...account, [field]: 'canary\n7f3a' })
    await expect(opening).rejects.toMatchObject({ code: 'APP_INVALID', details: { field } })
  })
})
