import { expect, test } from 'vitest'
import { following } from './redirect.ts'

test('EGR-05: a redirect from https to http is refused, whatever the host', async () => {
  const request = { origin: 'https://shop.example', method: 'GET', path: '/', headers: [], body: null }
  const limits = { timeoutMs: 1000, maxAnswerBytes: 1000, signal: null }
  const redirect = {
    status: 302,
    headers: { location: 'http://shop.example/' },
    body: Buffer.alloc(0),
    isComplete: true,
  }
  const hops = { most: 5, mayRepeat: true, own: async () => redirect, foreign: async () => redirect }
  await expect(following({ ...request, ...limits }, hops)).rejects.toMatchObject({ code: 'ADDRESS_REFUSED' })
})
