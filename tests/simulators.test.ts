import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import {
  clientCredentials,
  defineConnector,
  deviceCode,
  jwtBearer,
  oauth2,
  tokenLogin,
  type AuthDeclaration,
} from 'tenon'
import { Answer, defineSimulator, faultChoices, openSimulator } from 'tenon/simulator'
import { expect, test } from 'vitest'

const root = join(import.meta.dirname, '..')
const page = readFileSync(join(root, 'docs/reference/simulators.md'), 'utf8')

test('the documented faults are those that can be set', () => {
  const [about] = page.split('### Where authentication happens')
  const [, ofWebhooks = ''] = page.split('### Of webhooks')
  const row = /^\| `([a-z-]+)` +\| (.*?) +\|$/gm
  const rows = [about, ofWebhooks].flatMap((part = '') => [...part.matchAll(row)].map(([, kind, text]) => [kind, text]))
  expect(rows).toEqual(faultChoices.map(({ kind, text }) => [kind, text]))
})

const endpoints = {
  authorisation: 'https://x.example/a',
  token: 'https://x.example/t',
  device: 'https://x.example/d',
  revocation: 'https://x.example/r',
}
const withPlaces: readonly AuthDeclaration[] = [
  tokenLogin({}, { login: () => ({ path: '/login' }), token: () => undefined, life: '1h' }),
  oauth2({ endpoints }),
  clientCredentials({ endpoints }),
  deviceCode({ endpoints }),
  jwtBearer({ token: endpoints.token }),
]

test('the documented places of authentication are those that there are', async () => {
  const found = await Promise.all(
    withPlaces.map(async (auth) => {
      const connector = defineConnector('x', { baseUrl: 'https://x.example', auth, operations: {} })
      const simulator = await openSimulator(
        defineSimulator(connector, { operations: {}, refuse: () => new Answer(400, null) }),
      )
      return simulator.operations
    }),
  )
  const documented = [...page.matchAll(/^\| `([a-z]+)` +\| [^|]+ \| [^|]+ \|$/gm)].map(([, place]) => place)
  expect(new Set(documented)).toEqual(new Set(found.flat()))
})

test('and no other scheme has any', () => {
  const folder = join(root, 'packages/tenon/src/simulator/authentication')
  const files = readdirSync(folder).filter((file) => /^[a-z\d-]+\.ts$/.test(file))
  const having = files.filter(
    (file) => !/endpoints: \[\]|\b(?:fixed|signed)\(/.test(readFileSync(join(folder, file), 'utf8')),
  )
  expect(having.map((file) => file.slice(0, -3))).toEqual(withPlaces.map(({ scheme }) => scheme).toSorted())
})
