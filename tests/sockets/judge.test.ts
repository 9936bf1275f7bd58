import { Socket } from 'node:net'
import { expect, test } from 'vitest'
import { mayOpen } from './judge.ts'

const src = 'file:///work/packages/tenon/src'
const inNode = 'at connect (node:net:261:17)'
const inUndici = 'at connect (file:///work/node_modules/undici/lib/core/connect.js:90:20)'
const inTest = `at ${src}/client/call.test.ts:4:1`

test.each([
  ['through the dispatcher', [inNode, inUndici, `at guardedConnect (${src}/outbound/egress.ts:40:5)`, inTest]],
  ['through the second door', [inNode, `at open (${src}/outbound/connect.ts:70:5)`, inTest]],
  [
    'to the database',
    [
      inNode,
      'at connect (file:///work/node_modules/pg/lib/connection.js:40:17)',
      `at connect (${src}/postgres/session.ts:9:1)`,
    ],
  ],
  ['of the command line to its own server', [inNode, `at ask (${src}/server/management-client.ts:30:5)`, inTest]],
  ['of a test', [inNode, inTest]],
  ['of a fixture', [inNode, `at ${src}/cli/process.fixture.ts:4:1`]],
  ['by Node’s agent, for a request that had waited', [inNode, 'at Agent.createSocket (node:_http_agent:480:26)']],
  ['of a test through a library', [inNode, inUndici, inTest]],
])('a socket %s may be opened', (_what, frames) => {
  expect(mayOpen(frames, false)).toBe(true)
})

test.each([
  ['by product code', [inNode, `at send (${src}/server/alerts.ts:30:5)`, inTest]],
  ['by what else talks to the database', [inNode, `at direct (${src}/postgres/pool.ts:9:1)`, inTest]],
  ['by a connector', [inNode, 'at call (file:///work/packages/connectors/src/acme/acme.ts:3:5)', inTest]],
  ['by a library that product code called', [inNode, inUndici, `at obtain (${src}/connection/auth/oauth2.ts:9:1)`]],
  ['from elsewhere in outbound', [inNode, `at direct (${src}/outbound/fetch.ts:9:1)`, inTest]],
  ['by an agent of a library', [inUndici, 'at Agent.createSocket (node:_http_agent:480:26)']],
  ['with nobody on the stack', [inNode, inUndici]],
])('EGR-01: a socket opened %s is a stray', (_what, frames) => {
  expect(mayOpen(frames, false)).toBe(false)
})

test('what a library opens later, when a test asked for it, is the test’s', () => {
  expect(mayOpen([inNode, inUndici], true)).toBe(true)
})

test('every test runs under the judge', () => {
  expect(Socket.prototype.connect.name).toBe('connectJudged')
})
