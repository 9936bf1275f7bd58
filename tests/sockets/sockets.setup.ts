// EGR-01, at run time: an outgoing socket that product code opened without passing a door of outbound/ fails the test during which it was opened.

import { AsyncLocalStorage } from 'node:async_hooks'
import { Socket } from 'node:net'
import { afterEach } from 'vitest'
import { callerOf, mayOpen } from './judge.ts'

const byTest = new AsyncLocalStorage<true>()
const strays: string[] = []

function framesOf(): string[] {
  const { stackTraceLimit } = Error
  Error.stackTraceLimit = 100
  const { stack = '' } = new Error('where')
  Error.stackTraceLimit = stackTraceLimit
  return stack.split('\n').filter((frame) => !frame.includes('sockets.setup.ts'))
}

const connect = Socket.prototype.connect
Socket.prototype.connect = function connectJudged(this: Socket, ...args: Parameters<typeof connect>) {
  const frames = framesOf()
  if (!mayOpen(frames, byTest.getStore() === true)) strays.push(frames.slice(1, 12).join('\n'))
  return connect.apply(this, args)
} as typeof connect

// The language's own fetch opens its sockets later: who called it is known here only.
const { fetch } = globalThis
globalThis.fetch = (...args) =>
  callerOf(framesOf()) === 'product' ? byTest.exit(() => fetch(...args)) : byTest.run(true, () => fetch(...args))

afterEach(() => {
  const found = strays.splice(0)
  if (found.length > 0) throw new Error(`EGR-01: sockets that passed no door of outbound/:\n${found.join('\n\n')}`)
})
