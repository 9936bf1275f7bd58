import { randomBytes } from 'node:crypto'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { connectToServer } from './management-client.ts'
import { start, token } from './server.fixture.ts'

const dataFolder = join(tmpdir(), 'tenon-nowhere')
const other = randomBytes(32).toString('hex')

test('a server that the environment names is asked instead of the one on the data folder', async () => {
  const harness = await start()
  const environment = { TENON_SERVER: harness.server.url, TENON_OPERATOR_TOKEN: token }
  expect(await connectToServer({ dataFolder, environment }).get('/status')).toMatchObject({ state: 'ready' })
  const wrong = connectToServer({ dataFolder, environment: { ...environment, TENON_OPERATOR_TOKEN: other } })
  await expect(wrong.get('/status')).rejects.toMatchObject({ code: 'UNAUTHENTICATED' })
})

test.each([
  ['plain HTTP to another machine', { TENON_SERVER: 'http://tenon.example.com' }, /TENON_SERVER is not an address/],
  ['another scheme', { TENON_SERVER: 'ftp://127.0.0.1' }, /TENON_SERVER is not an address/],
  ['a user', { TENON_SERVER: 'https://mia:secret@tenon.example.com' }, /TENON_SERVER is not an address/],
  ['no address', { TENON_SERVER: 'tenon' }, /TENON_SERVER is not an address/],
  [
    'no token',
    { TENON_SERVER: 'https://tenon.example.com', TENON_OPERATOR_TOKEN: '' },
    /TENON_OPERATOR_TOKEN is not: tenon/,
  ],
  ['a short token', { TENON_SERVER: 'https://tenon.example.com', TENON_OPERATOR_TOKEN: 'secret' }, /needs 32 to 512/],
])('SEC-11: the token goes nowhere with %s', (_what, parts, message) => {
  const environment = { TENON_OPERATOR_TOKEN: other, ...parts }
  expect(() => connectToServer({ dataFolder, environment })).toThrow(message)
  expect(() => connectToServer({ dataFolder, environment })).not.toThrow(/secret|mia/)
})

test('a server that does not answer is no server', async () => {
  const environment = { TENON_SERVER: 'http://127.0.0.1:9', TENON_OPERATOR_TOKEN: other }
  await expect(connectToServer({ dataFolder, environment }).get('/status')).rejects.toMatchObject({
    code: 'NOT_FOUND',
    message: 'No server answers at 127.0.0.1:9, which TENON_SERVER names.',
  })
})
