import { expect, test } from 'vitest'
import { z } from 'zod'
import { systemClock } from '../base/clock.ts'
import { defineApp } from '../definition/app.ts'
import { noAuth } from '../definition/auth.ts'
import { defineConnector } from '../definition/connector.ts'
import { defineFlow } from '../definition/flow.ts'
import { unverified } from '../definition/verifier.ts'
import { openHooks } from './open-hooks.ts'

test('WHI-04: a webhook that verifies nothing is told in the log and kept in the audit log of its tenant', async () => {
  const chat = defineConnector('chat', {
    baseUrl: 'https://chat.example',
    auth: noAuth(),
    operations: {},
    events: { said: { data: z.object({}) } },
    webhooks: { verify: unverified('it signs nothing'), read: () => [] },
  })
  const flow = defineFlow('hear', { trigger: chat.on('said'), run: () => undefined })
  const connection = { tenant: 'acme', connector: chat, name: 'main', baseUrl: '', credentials: {}, simulated: false }
  const [audited, warned]: [unknown[], string[]] = [[], []]
  await using closing = new AsyncDisposableStack()
  const hooks = openHooks(
    defineApp({ flows: [flow] }),
    { all: [connection] },
    {
      engine: { accept: () => Promise.reject(new Error('nothing comes')) },
      tenant: 'default',
      clock: systemClock,
      log: { info() {}, warn: (name) => warned.push(name), error() {} },
      audit: { record: (entry) => Promise.resolve(void audited.push(entry)) },
      closing,
    },
  )
  expect(hooks.all.map(({ path }) => path)).toEqual(['/hooks/chat/acme/main'])
  expect(warned).toEqual(['webhook.unverified'])
  expect(audited).toEqual([
    {
      tenant: 'acme',
      by: 'system',
      action: 'webhook.unverified',
      subject: 'chat/main',
      outcome: 'done',
      details: { reason: 'unverified: it signs nothing' },
    },
  ])
})
