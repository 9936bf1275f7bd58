import { Client } from '@great-detail/whatsapp'
import { startSimulator, type RunningSimulator, type SimulatorOptions } from 'tenon/simulator'
import { afterEach, expect, test } from 'vitest'
import { virtualClock, type VirtualClock } from '../../../tenon/src/testing/virtual-clock.ts'
import { whatsappSimulator } from './simulator.ts'
import { whatsapp } from './whatsapp.ts'

// Meta's own package for Node ended in 2023; this one began as its copy and is kept.

/** Without the slash at its end the package leaves the version out. */
const graphVersion = 'v23.0/'
const phoneNumberID = '106540352242922'
const account = '102290129340398'
const asha = '919820012345'

const closing: (() => unknown)[] = []
afterEach(async () => {
  for (const close of closing.splice(0)) await close()
})

interface Told {
  readonly field: string
  readonly value: Readonly<Record<string, unknown>>
}

interface Bench {
  readonly simulator: RunningSimulator
  readonly sdk: Client
  readonly clock: VirtualClock
  /** All that webhooks told so far. */
  readonly told: Told[]
}

async function bench(options: SimulatorOptions = {}): Promise<Bench> {
  const clock = virtualClock({ startMs: Date.UTC(2026, 4, 4) })
  const told: Told[] = []
  const { webhooks } = whatsapp.options
  const simulator: RunningSimulator = await startSimulator(whatsappSimulator, {
    clock,
    webhook: {
      receive(request) {
        const shaken = request.method === 'GET' ? webhooks?.handshake?.(request, simulator.credentials) : undefined
        if (shaken !== undefined) return Promise.resolve({ status: shaken === null ? 403 : 200, text: shaken ?? '' })
        void webhooks?.verify.verify(request, [simulator.credentials['appSecret'] ?? ''], clock.now())
        const body = JSON.parse(Buffer.from(request.body).toString()) as { entry: { changes: Told[] }[] }
        told.push(...body.entry.flatMap(({ changes }) => changes))
        return Promise.resolve({ status: 200, text: '' })
      },
    },
    ...options,
  })
  closing.push(() => simulator.close())
  const headers = { authorization: `Bearer ${simulator.credentials['accessToken']}` }
  const sdk = new Client({ baseUrl: simulator.origin, graphVersion, request: { headers, retry: 0 } })
  return { simulator, sdk, clock, told }
}

/** Code and details of the error that the call ends with. */
async function refusal(call: PromiseLike<Response>): Promise<{ status: number; code: number; details: string }> {
  try {
    await call
  } catch (error) {
    const { response, data } = error as { response: Response; data?: unknown }
    const body = (data ?? (await response.json())) as { error: { code: number; error_data?: { details: string } } }
    return { status: response.status, code: body.error.code, details: body.error.error_data?.details ?? '' }
  }
  throw new Error('the call was expected to fail')
}

// Its types want every member of every kind of message.
const send = (sdk: Client, message: object) => sdk.message.createMessage(message as never)

const text = (to = asha) => ({ phoneNumberID, to, type: 'text', text: { body: 'Hello' } }) as const
const template = (name: string, texts: readonly string[] = [], to = asha) => ({
  phoneNumberID,
  to,
  type: 'template' as const,
  template: {
    name,
    language: { code: 'en' },
    components: [{ type: 'body' as const, parameters: texts.map((text) => ({ type: 'text' as const, text })) }],
  },
})
const confirmation = (to = asha) => template('order_confirmation', ['Asha', 'SO-1'], to)
const idOf = async (call: { json(): Promise<unknown> }): Promise<string> =>
  ((await call.json()) as { messages: { id: string }[] }).messages[0]?.id ?? ''
const statusesOf = (told: readonly Told[]): string[] =>
  told.flatMap(({ value }) => (value['statuses'] as { status: string }[] | undefined) ?? []).map(({ status }) => status)

test('a template is sent, and its statuses follow', async () => {
  const { sdk, clock, told } = await bench()
  const id = await idOf(send(sdk, { ...confirmation(), biz_opaque_callback_data: 'SO-1' }))
  expect(id).toMatch(/^wamid\./)
  await clock.advance(6000)
  await clock.settle()
  expect(statusesOf(told)).toEqual(['sent', 'delivered', 'read'])
  expect(told[0]?.value['statuses']).toMatchObject([
    { id, recipient_id: asha, biz_opaque_callback_data: 'SO-1', pricing: { billable: true, category: 'utility' } },
  ])
})

test.each([
  ['feedback', ['a'], 132_015],
  ['old_offer', ['a'], 132_016],
  ['win_big', ['a'], 132_001],
  ['nothing', ['a'], 132_001],
  ['order_confirmation', ['a'], 132_000],
  ['order_confirmation', ['a'.repeat(600), 'b'.repeat(600)], 132_005],
])('the template %s with %j is refused with %d', async (name, texts, code) => {
  const { sdk, simulator } = await bench()
  expect(await refusal(send(sdk, template(name, texts)))).toMatchObject({ code })
  expect(simulator.effects()).toEqual([])
})

test('a template’s header and named places are filled as it wants them', async () => {
  const { sdk } = await bench({ limits: false })
  const invoice = (header: object, body: object) =>
    ({
      phoneNumberID,
      to: asha,
      type: 'template',
      template: {
        name: 'order_invoice',
        language: { code: 'en' },
        components: [
          { type: 'header', parameters: [header] },
          { type: 'body', parameters: [body] },
        ],
      },
    }) as never
  const named = { type: 'text', parameter_name: 'order', text: 'SO-1' }
  const link = { link: 'https://example.com/a.pdf' }
  expect(await idOf(send(sdk, invoice({ type: 'document', document: link }, named)))).toMatch(/^wamid/)
  expect(await refusal(send(sdk, invoice({ type: 'image', image: link }, named)))).toMatchObject({
    code: 132_012,
  })
  const unnamed = { type: 'text', text: 'SO-1' }
  expect(await refusal(send(sdk, invoice({ type: 'document', document: link }, unnamed)))).toMatchObject({
    code: 132_012,
  })
})

test('whoever wrote may be written to for a day', async () => {
  const { sdk, simulator, clock } = await bench()
  expect(await refusal(send(sdk, text()))).toMatchObject({ code: 131_047 })
  await simulator.emit('message.received', { from: asha })
  await clock.advance(86_400_000)
  expect(await idOf(send(sdk, text()))).toMatch(/^wamid/)
  await clock.advance(6001)
  expect(await refusal(send(sdk, text()))).toMatchObject({ code: 131_047 })
  expect(await refusal(send(sdk, text('919820099999')))).toMatchObject({ code: 131_047 })
})

test('one recipient takes a message in six seconds, one number sends eighty in a second', async () => {
  const { sdk, clock } = await bench()
  const sendTo = (to: string) => send(sdk, confirmation(to))
  await idOf(sendTo(asha))
  expect(await refusal(sendTo(asha))).toMatchObject({ status: 400, code: 131_056 })
  await clock.advance(6000)
  await idOf(sendTo(asha))
  await clock.advance(1000)
  const many = await Promise.allSettled(
    Array.from({ length: 82 }, (_one, index) => idOf(sendTo(`9198200${10_000 + index}`))),
  )
  expect(many.filter(({ status }) => status === 'rejected')).toHaveLength(2)
  expect(await refusal(sendTo('919820077777'))).toMatchObject({ status: 429, code: 130_429 })
})

test('the management of an account has a limit of its own, told in a header', async () => {
  const { sdk } = await bench()
  const first = await sdk.template.list(account, { limit: 1 })
  expect(JSON.parse(first.headers.get('x-business-use-case-usage') ?? '')).toMatchObject({
    [account]: [{ call_count: 1 }],
  })
  for (let call = 1; call < 200; call += 1) await sdk.template.list(account, { limit: 1 })
  expect(await refusal(sdk.template.list(account, {}))).toMatchObject({ code: 80_007 })
})

test('a number whose quality falls reaches fewer people in a day', async () => {
  const { sdk, simulator, clock } = await bench({ limits: false })
  await simulator.emit('number.quality', { tier: 'TIER_250' })
  const shown = await sdk.phoneNumbers
    .getPhoneNumber({ phoneNumberID, fields: ['quality_rating', 'messaging_limit_tier'] } as never)
    .json()
  expect(shown).toEqual({ id: phoneNumberID, quality_rating: 'YELLOW', messaging_limit_tier: 'TIER_250' })
  for (let person = 0; person < 250; person += 1) await idOf(send(sdk, confirmation(`9198200${10_000 + person}`)))
  expect(await refusal(send(sdk, confirmation('919820099999')))).toMatchObject({ code: 131_048 })
  expect(await idOf(send(sdk, confirmation('919820010000')))).toMatch(/^wamid/)
  await clock.advance(86_400_000)
  expect(await idOf(send(sdk, confirmation('919820099999')))).toMatch(/^wamid/)
})

test('what cannot be delivered fails, and fails for good', async () => {
  const { sdk, simulator, clock, told } = await bench()
  await idOf(send(sdk, confirmation('919820031026')))
  await clock.advance(10_000)
  await clock.settle()
  expect(statusesOf(told)).toEqual(['failed'])
  expect(told[0]?.value['statuses']).toMatchObject([{ errors: [{ code: 131_026, title: 'Message Undeliverable' }] }])
  expect(await simulator.emit('message.status', { status: 'read' })).toMatchObject({ status: 'failed' })
})

test('who stopped marketing gets none, but still their order', async () => {
  const { sdk, simulator, clock, told } = await bench({ limits: false })
  await simulator.emit('recipient.preference', { recipient: asha })
  await idOf(send(sdk, template('seasonal_sale', ['Asha'])))
  await idOf(send(sdk, confirmation()))
  await clock.advance(600)
  await clock.settle()
  expect(told[0]).toMatchObject({
    field: 'user_preferences',
    value: { user_preferences: [{ wa_id: asha, value: 'stop' }] },
  })
  expect(statusesOf(told).toSorted()).toEqual(['failed', 'sent'])
  await simulator.emit('recipient.preference', { recipient: asha, value: 'resume' })
  await idOf(send(sdk, template('seasonal_sale', ['Asha'])))
  await clock.advance(600)
  await clock.settle()
  expect(statusesOf(told).filter((status) => status === 'failed')).toHaveLength(1)
})

test('a template is reviewed, may be paused, and is gone when it is deleted', async () => {
  const { sdk, simulator, clock, told } = await bench({ limits: false })
  const made = {
    name: 'ready_for_pickup',
    language: 'en',
    category: 'UTILITY',
    components: [{ type: 'BODY', text: 'Order {{1}} is ready.' }],
  }
  const create = () => sdk.template.create(account, made as never)
  expect(await create().json()).toMatchObject({ status: 'PENDING', category: 'UTILITY' })
  expect(await refusal(create())).toMatchObject({ code: 100 })
  const sendTo = (to: string) => send(sdk, template('ready_for_pickup', ['SO-1'], to))
  expect(await refusal(sendTo(asha))).toMatchObject({ code: 132_001 })
  await clock.advance(4000)
  await clock.settle()
  expect(told).toMatchObject([
    {
      field: 'message_template_status_update',
      value: { event: 'APPROVED', message_template_name: 'ready_for_pickup' },
    },
  ])
  await idOf(sendTo(asha))
  await simulator.emit('template.status', { name: 'ready_for_pickup', event: 'PAUSED' })
  expect(await refusal(sendTo(asha))).toMatchObject({ code: 132_015 })
  expect(await sdk.template.list(account, { status: 'PAUSED' } as never).json()).toMatchObject({
    data: [{ name: 'feedback' }, { name: 'ready_for_pickup' }],
  })
  expect(await sdk.template.delete(account, { name: 'ready_for_pickup' }).json()).toEqual({ success: true })
  expect(await refusal(sendTo(asha))).toMatchObject({ code: 132_001 })
  expect(await refusal(sdk.template.delete(account, { name: 'ready_for_pickup' }))).toMatchObject({
    code: 100,
  })
})

test('templates are listed between cursors', async () => {
  const { simulator } = await bench()
  const headers = { authorization: `Bearer ${simulator.credentials['accessToken']}` }
  const list = async (query: string) => {
    const answer = await fetch(`${simulator.origin}/v23.0/${account}/message_templates?${query}`, { headers })
    return (await answer.json()) as {
      data: { name: string }[]
      paging?: { cursors: { after: string; before: string }; next?: string }
    }
  }
  const names: string[] = []
  let page = await list('limit=4')
  names.push(...page.data.map(({ name }) => name))
  expect(page.paging?.next).toBeDefined()
  const before = page
  page = await list(`limit=4&after=${page.paging?.cursors.after}`)
  names.push(...page.data.map(({ name }) => name))
  expect(page.paging?.next).toBeUndefined()
  expect(new Set(names).size).toBe(6)
  expect((await list(`limit=4&before=${page.paging?.cursors.before}`)).data).toEqual(before.data)
  expect((await list('after=nonsense')).data).toBeUndefined()
})

test('files are uploaded, shown, sent and deleted', async () => {
  const { sdk, simulator, clock } = await bench({ limits: false })
  const bytes = Uint8Array.from({ length: 2000 }, (_one, index) => index % 256)
  const upload = (mimeType: string) =>
    sdk.media.upload({
      phoneNumberID,
      mimeType,
      filename: 'tray.png',
      file: new Blob([bytes], { type: mimeType }),
    })
  const { id } = await upload('image/png').json()
  const shown = (await sdk.media.getURL({ mediaID: id, phoneNumberID }).json()) as { sha256: string }
  expect(shown).toMatchObject({ mime_type: 'image/png', file_size: 2000, id })
  const digest = Buffer.from(await crypto.subtle.digest('SHA-256', bytes)).toString('hex')
  expect(shown.sha256).toBe(digest)
  expect(await refusal(upload('application/x-sh'))).toMatchObject({ code: 100 })
  await simulator.emit('message.received', { from: asha })
  const image = (mediaId: string) => ({ phoneNumberID, to: asha, type: 'image', image: { id: mediaId } }) as never
  expect(await idOf(send(sdk, image(id)))).toMatch(/^wamid/)
  expect(await refusal(send(sdk, image('12345')))).toMatchObject({ code: 131_009 })
  expect(await sdk.media.delete({ mediaID: id }).json()).toEqual({ success: true })
  expect(await refusal(sdk.media.getURL({ mediaID: id }))).toMatchObject({ code: 100 })
  const old = await upload('image/png').json()
  await clock.advance(30 * 86_400_000)
  expect(await refusal(sdk.media.getURL({ mediaID: old.id }))).toMatchObject({ code: 100 })
})

test('what arrives can be of many kinds, is marked as read, and answered', async () => {
  const { sdk, simulator, told } = await bench({ limits: false })
  const kinds = ['text', 'image', 'button', 'interactive', 'reaction', 'location'] as const
  const ids: string[] = []
  for (const type of kinds)
    ids.push(((await simulator.emit('message.received', { from: asha, type })) as { id: string }).id)
  for (let tries = 0; tries < 200 && told.length < kinds.length; tries += 1)
    await new Promise((resolve) => setTimeout(resolve, 5))
  const received = told.flatMap(({ value }) => value['messages'] as { type: string }[])
  // They leave together and come in any order.
  expect(received.map(({ type }) => type).toSorted()).toEqual(kinds.toSorted())
  for (const { type, ...message } of received) expect(message).toHaveProperty(type)
  const mark = (messageId: string) => sdk.message.createStatus({ phoneNumberID, status: 'read', message_id: messageId })
  expect(await mark(ids[0] ?? '').json()).toEqual({ success: true })
  expect(await refusal(mark('wamid.nothing'))).toMatchObject({ code: 131_009 })
  const location = { latitude: 12.97, longitude: 77.59, name: 'Workshop' }
  expect(await idOf(send(sdk, { phoneNumberID, to: asha, type: 'location', location }))).toMatch(/^wamid/)
  const reaction = { message_id: ids[0], emoji: '👍' }
  expect(await idOf(send(sdk, { phoneNumberID, to: asha, type: 'reaction', reaction }))).toMatch(/^wamid/)
})

test('a type that it does not know, itself as recipient and a wrong token are refused in Meta’s words', async () => {
  const { sdk, simulator } = await bench({ limits: false })
  expect(await refusal(send(sdk, { ...text(), type: 'fax' }))).toMatchObject({ code: 131_051 })
  expect(await refusal(send(sdk, confirmation('15550783881')))).toMatchObject({ code: 131_021 })
  expect(await refusal(send(sdk, { ...confirmation(), phoneNumberID: '1234567' }))).toMatchObject({
    code: 100,
  })
  const stranger = new Client({
    baseUrl: simulator.origin,
    graphVersion,
    request: { headers: { authorization: 'Bearer EAAx' }, retry: 0 },
  })
  expect(await refusal(send(stranger, confirmation()))).toMatchObject({ status: 401, code: 190 })
  simulator.faults.set({ kind: 'token-expired' })
  expect(await refusal(send(sdk, confirmation()))).toMatchObject({ status: 401, code: 190 })
})

test('webhooks that nobody takes come again for seven days', async () => {
  const { clock, simulator } = await bench({
    webhook: {
      receive: (request) =>
        Promise.resolve({ status: request.method === 'GET' ? 200 : 500, text: request.query['hub.challenge'] ?? '' }),
    },
  })
  await simulator.emit('message.received', {})
  await clock.advance(8 * 86_400_000)
  await clock.settle()
  const tries = simulator.deliveries()
  expect(tries).toHaveLength(15)
  const days = ((tries.at(-1)?.at ?? 0) - (tries[0]?.at ?? 0)) / 86_400_000
  expect(days).toBeGreaterThan(6)
  expect(days).toBeLessThan(8)
  expect(simulator.undelivered()).toBe(0)
})
