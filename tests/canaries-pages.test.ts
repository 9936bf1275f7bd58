// SEC-11: what people and browsers are shown while accounts are connected holds no secret but the one that they themselves need to go on.
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, expect, test } from 'vitest'
import { systemClock } from '../packages/tenon/src/base/clock.ts'
import { startApplication, type Application } from '../packages/tenon/src/server/application.ts'
import { createLog } from '../packages/tenon/src/telemetry/log.ts'
import { createRedactor, type Redactor } from '../packages/tenon/src/telemetry/redact.ts'
import { findCanaries } from './canaries/search.ts'

const folder = mkdtempSync(join(tmpdir(), 'tenon-canaries-pages-'))
afterAll(() => rmSync(folder, { recursive: true, force: true }))

const canaries = new Map<string, string>()
const places = new Map<string, string>()
const lines: string[] = []

/** Whatever the application itself learns to be secret is looked for. */
function learning(): Redactor {
  const redactor = createRedactor()
  // The name by which a program is known at a provider is learnt, too; people see it.
  const learn = (secret: string): unknown =>
    secret.startsWith('app-') || canaries.set(`learnt ${canaries.size}`, secret)
  return {
    ...redactor,
    add: (secret) => [learn, redactor.add].forEach((to) => to(secret)),
    addTemporary: (secret) => [learn, redactor.addTemporary].forEach((to) => to(secret)),
  }
}

async function start(): Promise<Application> {
  const redactor = learning()
  return startApplication({
    appFile: join(import.meta.dirname, 'stand-ins/app.ts'),
    dataFolder: join(folder, 'data'),
    port: 0,
    environment: {},
    redactor,
    log: createLog({
      clock: systemClock,
      redactor,
      form: 'json',
      level: 'info',
      write: (line) => void lines.push(line),
    }),
  })
}

interface Asked {
  readonly method?: string
  readonly headers?: Readonly<Record<string, string>>
  readonly body?: string | URLSearchParams
  /** The one place where this secret may be: with whom it is for. */
  readonly mayHold?: string
}

async function crawl(
  url: string,
  { mayHold = '', ...asked }: Asked = {},
): Promise<{ response: Response; text: string }> {
  const signal = AbortSignal.timeout(5000)
  const response = await fetch(url, { redirect: 'manual', signal, ...asked })
  const text = await response.text()
  const shown = JSON.stringify([...response.headers]) + text
  places.set(
    `${asked.method ?? 'GET'} ${new URL(url).pathname} ${places.size}`,
    mayHold === '' ? shown : shown.replaceAll(mayHold, ''),
  )
  return { response, text }
}

test('SEC-11: the pages on which accounts are connected, the stand-ins’ pages, every route and every problem', async () => {
  const application = await start()
  const token = readFileSync(join(folder, 'data/operator-token'), 'utf8').trim()
  canaries.set('operator token', token)
  const json = { authorization: `Bearer ${token}`, 'content-type': 'application/json' }
  const api = (method: string, path: string, body?: unknown, more: Asked = {}) =>
    crawl(`${application.url}/api/v1${path}`, {
      method,
      headers: json,
      ...(body !== undefined && { body: JSON.stringify(body) }),
      ...more,
    })
  const stripeKey =
    application.simulators.find(({ connector }) => connector === 'stripe')?.credentials['secretKey'] ?? ''
  const wrongKey = 'sk_wrong/<canary>&"quoted"+\\1'
  canaries.set('a key that was refused', wrongKey)

  // A customer comes by a link, gives a key that is wrong, then gives it in the wrong place.
  const { text } = await api('POST', '/connect-links', {
    connector: 'stripe',
    name: 'byLink',
    returnTo: 'https://shop.example.com/',
  })
  const { url } = JSON.parse(text) as { url: string }
  const link = url.split('/').at(-1) ?? ''
  canaries.set('connect link', link)
  places.clear()
  await crawl(url, { mayHold: link })
  // What looks at links before people do, or sends them on.
  for (const [method, suffix] of [
    ['HEAD', ''],
    ['DELETE', ''],
    ['GET', '/'],
    ['GET', '/more'],
    ['POST', '?x=1'],
    ['GET', '%20'],
  ] as const)
    // prettier-ignore
    await crawl(url + suffix, { method, mayHold: link })
  const origin = { origin: application.url }
  const entered = await crawl(url, { method: 'POST', headers: origin, body: new URLSearchParams() })
  const visit = /=([^;]+);/.exec(entered.response.headers.get('set-cookie') ?? '')?.[1] ?? ''
  expect(visit).toMatch(/[\w-]{40}/)
  places.delete([...places.keys()].at(-1) ?? '')
  canaries.set('visit', visit)
  const cookie = entered.response.headers.get('set-cookie')?.split(';')[0] ?? ''
  const account = `${application.url}/connect/account`
  const order = (form: Record<string, string>) =>
    crawl(account, { method: 'POST', headers: { ...origin, cookie }, body: new URLSearchParams(form) })
  await crawl(account, { headers: { cookie } })
  for (const form of [
    { order: 'connect' },
    { order: 'connect', 'field.secretKey': '' },
    { order: 'connect', [`field.${wrongKey}`]: 'secretKey' },
    { order: wrongKey, 'field.secretKey': wrongKey },
    { order: 'connect', 'field.other': wrongKey },
  ] as Record<string, string>[])
    await order(form)
  await crawl(url)

  // An operator consents at the stand-in.
  const began = await crawl(`${application.url}/api/v1/connections/hubspot/mine/consents`, {
    method: 'POST',
    headers: json,
    body: '{}',
  })
  const consent = JSON.parse(began.text) as { consent: string; url: string }
  const state = new URL(consent.url).searchParams.get('state') ?? ''
  const stand = await crawl(consent.url, { mayHold: state })
  const hidden = /name="consent" value="([^"]+)"/.exec(stand.text)?.[1] ?? ''
  const form = new URLSearchParams({ consent: hidden, account: '1001', decision: 'allow' })
  const allowed = await crawl(consent.url, { method: 'POST', body: form, mayHold: state })
  const back = new URL(allowed.response.headers.get('location') ?? '')
  const code = back.searchParams.get('code') ?? ''
  places.delete([...places.keys()].at(-1) ?? '')
  canaries.set('code', code)
  await crawl(back.href)
  for (const answer of [
    back.search.slice(1),
    back.search.slice(1),
    `error=${encodeURIComponent(wrongKey)}&state=${state}`,
    `code=${code}`,
  ])
    await crawl(back.origin + back.pathname, { method: 'POST', headers: origin, body: new URLSearchParams({ answer }) })
  await api('POST', '/connections/hubspot/mine/test')
  await api('PUT', '/connections/stripe/mine', {
    fields: { secretKey: stripeKey },
    baseUrl: application.simulators.find(({ connector }) => connector === 'stripe')?.baseUrl,
  })
  const { run } = await application.engine.start({ tenant: 'default', flow: 'look', input: {} })

  // Everything else that can be asked, with good and with bad bodies.
  const bodies = [
    undefined,
    '{',
    JSON.stringify({ colour: wrongKey }),
    JSON.stringify({ fields: { [wrongKey]: wrongKey } }),
    JSON.stringify({ fields: { secretKey: [wrongKey] } }),
  ]
  const skipped = /sign-in|session|\/live$|rotations|erase|connect-links|\*/
  for (const { method, path } of application.server.routes.filter(
    (route) => !skipped.test(route.path) && route.method !== 'DELETE',
  )) {
    const filled = path.replace(':run', run).replace(':connector', 'hubspot').replace(':name', 'mine').replace(':consent', consent.consent).replace(':token', link).replaceAll(/:\w+/g, 'x') // prettier-ignore
    for (const body of method === 'GET' ? [undefined] : bodies)
      for (const headers of [json, {}])
        await crawl(application.url + filled, { method, headers, mayHold: link, ...(body !== undefined && { body }) })
  }
  for (const path of ['/console/', '/console/runs', '/console/nothing.js']) {
    const page = await crawl(application.url + path)
    for (const [, file] of page.text.matchAll(/(?:src|href)="(\/console\/[^"]+)"/g))
      await crawl(application.url + String(file))
  }
  await application.drain(1000)
  places.set('log', lines.join(''))

  for (const { credentials } of application.simulators)
    for (const [field, value] of Object.entries(credentials))
      if (field !== 'clientId') canaries.set(`stand-in's ${field}`, value)
  expect([...canaries.keys()].filter((name) => name.startsWith('learnt')).length).toBeGreaterThan(3)
  expect(places.size).toBeGreaterThan(150)
  expect(findCanaries(canaries, places)).toEqual([])
}, 120_000)
