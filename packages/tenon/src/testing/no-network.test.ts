import dns from 'node:dns'
import http from 'node:http'
import { Server, Socket } from 'node:net'
import { afterEach, beforeEach, expect, test, vi } from 'vitest'
import { defineApp } from '../definition/app.ts'
import { testApp } from './testing.ts'
import { bank, order, simulators } from './testing.fixture.ts'

const opened: string[] = []

beforeEach(() => {
  opened.length = 0
  const forbid = (owner: object, name: string): void => {
    vi.spyOn(owner as Record<string, () => unknown>, name).mockImplementation(() => {
      opened.push(name)
      throw new Error(`${name} was called`)
    })
  }
  forbid(Socket.prototype, 'connect')
  forbid(Server.prototype, 'listen')
  forbid(dns, 'lookup')
  forbid(dns.promises, 'lookup')
  forbid(http, 'request')
})
afterEach(() => {
  vi.restoreAllMocks()
})

test('the traps work', () => {
  expect(() => new Socket().connect(1)).toThrow('connect was called')
  expect(() => new Server().listen(0)).toThrow('listen was called')
})

test('no socket is opened, whatever a test does', async () => {
  await using app = await testApp(defineApp({ flows: [order], simulators }))
  app.failAt('bank.pay', 'timeout')
  app.failAt('carrier.ship', 'lost-answer')
  app.crashAt('write down', 'after')
  await app.simulator('bank').emit('ordered', { order: 'A-1' })
  await app.advance('20m')
  await app.crash()
  await app.advance('3h')
  await app.deliver(bank.on('ordered'), { order: 'A-2' })
  expect((await app.runs()).map(({ status }) => status)).toEqual(['completed', 'waiting'])
  await app.close()
  expect(opened).toEqual([])
})
