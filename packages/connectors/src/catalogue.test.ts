import { readdirSync } from 'node:fs'
import { createServer, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { TenonError, type Connector, type RawRequest, type ReceivedEvent, type SimulatorDefinition } from 'tenon'
import { faultChoices, startSimulator, type RunningSimulator, type Sample, type Simulator } from 'tenon/simulator'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { systemClock, type Clock } from '../../tenon/src/base/clock.ts'
import { requireId } from '../../tenon/src/base/ids.ts'
import { Secret } from '../../tenon/src/base/secret.ts'
import { createClient, type CallAnswer, type OpenClient } from '../../tenon/src/client/client.ts'
import { testConnection } from '../../tenon/src/client/test-connection.ts'
import { generateCredentials } from '../../tenon/src/simulator/credentials.ts'
import { createConnections } from '../../tenon/src/connection/connection.ts'
import { consentedShelf } from '../../tenon/src/testing/providers.ts'
import { repeatOf } from '../../tenon/src/definition/operation.ts'

interface AnyCase {
  readonly good: unknown
  readonly bad: Readonly<Record<string, unknown>>
  readonly fresh?: string
  readonly before?: readonly { readonly event: string; readonly input?: unknown }[]
}

const isConnector = (value: unknown): value is Connector => (value as { kind?: unknown } | null)?.kind === 'connector'
const isSimulator = (value: unknown): value is SimulatorDefinition =>
  (value as { kind?: unknown } | null)?.kind === 'simulator'

const folders = readdirSync(import.meta.dirname, { withFileTypes: true }).filter((entry) => entry.isDirectory())

test('the catalogue is the folder', () => {
  expect(folders.length).toBeGreaterThanOrEqual(4)
})

for (const { name } of folders) {
  const module = (await import(`./${name}/${name}.ts`)) as Record<string, unknown>
  const simulators = (await import(`./${name}/simulator.ts`)) as Record<string, unknown>
  const { cases } = (await import(`./${name}/cases.ts`)) as { cases: Readonly<Record<string, AnyCase>> }
  const connector = Object.values(module).find(isConnector)
  const simulator = Object.values(simulators).find(isSimulator)
  if (connector === undefined || simulator === undefined) throw new Error(`${name}/ has no connector or no simulator`)
  connectorSuite(name, { connector, simulator, cases })
}

interface Attack {
  readonly headers?: RawRequest['headers']
  readonly body?: Uint8Array
  readonly secrets?: readonly string[]
  readonly nowMs?: number
}

interface Subject {
  readonly connector: Connector
  readonly simulator: SimulatorDefinition
  readonly cases: Readonly<Record<string, AnyCase>>
}

function connectorSuite(name: string, { connector, simulator, cases }: Subject): void {
  describe(`connector ${name}`, () => {
    const made: Record<string, unknown> = {}
    const hooks: RawRequest[] = []
    const held: (() => void)[] = []
    let provider: RunningSimulator
    let server: Server
    let client: OpenClient
    let keys = 0

    beforeAll(async () => {
      server = await receiver(hooks)
      const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/hooks/account`
      provider = await startSimulator(simulator, { webhook: { url }, limits: false, clock: holding(held) })
      client = await clientOf(connector, provider)
    })
    afterAll(async () => {
      await provider.close()
      await client.close()
      await new Promise((resolve) => server.close(resolve))
    })

    const operations = Object.keys(cases)
    const optionsOf = (operation: string) => connector.options.operations[operation]!
    const isKeyed = (operation: string) => repeatOf(optionsOf(operation), connector.options.idempotency) === 'keyed'

    async function inputFor(operation: string): Promise<unknown> {
      const { good, fresh, before = [] } = cases[operation]!
      if (fresh !== undefined) made[fresh] = outputOf(await send(fresh, await inputFor(fresh)))
      let happened: unknown
      for (const { event, input } of before) happened = await provider.emit(event, input)
      return typeof good === 'function' ? (good as (made: unknown, happened: unknown) => unknown)(made, happened) : good
    }

    function send(
      operation: string,
      input: unknown,
      more: { by?: OpenClient; key?: string; again?: boolean; timeoutMs?: number } = {},
    ): Promise<CallAnswer> {
      const {
        by = client,
        key = isKeyed(operation) ? `key-${(keys += 1)}` : null,
        again = false,
        timeoutMs = 2000,
      } = more
      const from = by === client ? connector : lax(connector)
      return by.call({
        tenant: 'default',
        connector: from,
        connection: 'main',
        operation,
        input,
        idempotencyKey: key,
        mayHaveHappened: again,
        timeoutMs,
        signal: null,
      })
    }

    test('has a case for every operation, and is named like its folder', () => {
      expect(operations.toSorted()).toEqual(Object.keys(connector.options.operations).toSorted())
      expect([connector.name, simulator.connector]).toEqual([name, connector])
    })

    test('WHI-04: has a verifier, or the explicit mark that there is none', () => {
      const { events = {}, webhooks } = connector.options
      const { verify } = webhooks ?? {}
      const isSafe =
        typeof verify?.verify === 'function' &&
        (verify.field !== null || (verify.isUnverified === true && /^unverified: \S+/.test(verify.describe)))
      expect(isSafe || Object.keys(events).length === 0).toBe(true)
    })

    test.each(operations)('%s answers a good input with an output of its schema', async (operation) => {
      const answer = await send(operation, await inputFor(operation))
      made[operation] = outputOf(answer)
      expect(provider.requests().at(-1)).toMatchObject({
        operation,
        status: answer.outcome === 'failed' ? 0 : answer.status,
      })
    })

    test.each(operations)(
      '%s refuses a bad input before it is sent, and its provider refuses it too',
      async (operation) => {
        const { bad } = cases[operation]!
        const [requests, effects] = [provider.requests().length, provider.effects().length]
        expect(failureOf(await send(operation, bad))).toMatchObject({
          fate: 'not-sent',
          error: { code: 'INPUT_INVALID' },
        })
        expect(provider.requests()).toHaveLength(requests)
        const by = await clientOf(lax(connector), provider)
        const refused = failureOf(await send(operation, bad, { by }))
        await by.close()
        expect(refused).toMatchObject({ fate: 'answered', error: { code: 'UPSTREAM_REFUSED', retryable: false } })
        expect(refused.status).toBeGreaterThanOrEqual(400)
        expect(provider.effects()).toHaveLength(effects)
      },
    )

    test.each(operations)('%s refuses wrong credentials, in the provider’s words', async (operation) => {
      const input = await inputFor(operation)
      const effects = provider.effects().length
      const wrong = Object.fromEntries(Object.keys(provider.credentials).map((field) => [field, 'canary-7f3a']))
      const by = await clientOf(lax(connector), provider, wrong)
      const { error, fate } = failureOf(await send(operation, input, { by }))
      await by.close()
      expect(error.code).toBe('CREDENTIALS_REFUSED')
      expect(fate).not.toBe('ambiguous')
      expect(error.message).not.toContain('canary-7f3a')
      expect(provider.effects()).toHaveLength(effects)
    })

    test('says whose account a connection is, when it is tried', async () => {
      const tested = { tenant: 'default', connector, connection: 'main' }
      expect(await testConnection(client, tested)).toMatchObject({
        outcome: 'works',
        account: { id: expect.stringMatching(/^[\w-]+$/), name: expect.stringMatching(/\S/) },
      })
      const wrong = Object.fromEntries(Object.keys(provider.credentials).map((field) => [field, 'canary-7f3a']))
      const by = await clientOf(connector, provider, wrong)
      expect((await testConnection(by, tested)).outcome).toBe('refused')
      await by.close()
    })

    test.each(operations)('%s obeys a rate limit', async (operation) => {
      const input = await inputFor(operation)
      provider.faults.request({ kind: 'rate-limit', of: operation, retryAfterS: 7 })
      const { error, fate } = failureOf(await send(operation, input))
      expect({ fate, retryable: error.retryable }).toEqual({ fate: 'answered', retryable: true })
    })

    test.each(operations.filter(isKeyed))('%s has one effect under one key', async (operation) => {
      const input = await inputFor(operation)
      const key = `key-${(keys += 1)}`
      const effects = provider.effects().length
      provider.faults.request({ kind: 'drop', of: operation })
      expect(failureOf(await send(operation, input, { key })).fate).toBe('ambiguous')
      const first = outputOf(await send(operation, input, { key, again: true }))
      const second = outputOf(await send(operation, input, { key }))
      expect(second).toEqual(first)
      expect(provider.effects().slice(effects)).toMatchObject([{ operation, idempotencyKey: key }])
    })

    test.each(operations.filter(isKeyed))('%s is to be tried again while its key is in use', async (operation) => {
      const input = await inputFor(operation)
      const key = `key-${(keys += 1)}`
      const effects = provider.effects().length
      provider.faults.request({ kind: 'slow', of: operation, delayMs: heldMs })
      expect(failureOf(await send(operation, input, { key, timeoutMs: 60 })).fate).toBe('ambiguous')
      const early = failureOf(await send(operation, input, { key, again: true }))
      expect({ fate: early.fate, retryable: early.error.retryable }).toEqual({ fate: 'answered', retryable: true })
      for (const go of held.splice(0)) go()
      expect(outputOf(await send(operation, input, { key, again: true }))).toBeTruthy()
      expect(provider.effects().slice(effects)).toMatchObject([{ operation, idempotencyKey: key }])
    })

    const changing = operations
      .filter((operation) => optionsOf(operation).method === 'POST' && optionsOf(operation).repeatable !== true)
      .slice(0, 3)

    test.each(changing)('%s never counts as undone when it was done, whatever goes wrong', async (operation) => {
      for (const { kind } of faultChoices.filter(({ about }) => about === 'request')) {
        // Anew each time: whose tokens are refused twice in a row waits before it logs in again.
        await client.close()
        client = await clientOf(connector, provider)
        const input = await inputFor(operation)
        const effects = provider.effects().length
        provider.faults.set({ kind, of: operation, next: 1, ...(kind === 'slow' ? { delayMs: heldMs } : {}) })
        const answer = await send(operation, input, { timeoutMs: 250 })
        const told = answer.outcome === 'failed' ? answer.fate : 'done'
        const done = provider.effects().length - effects
        for (const go of held.splice(0)) go()
        // Whoever is told that nothing happened may do it again without a key.
        const isTrue = told === 'ambiguous' || done === (told === 'done' ? 1 : 0)
        expect({ kind, told, done, isTrue }).toMatchObject({ isTrue: true })
        expect(provider.faults.list()).toEqual([])
      }
      await client.close()
      client = await clientOf(connector, provider)
    })

    const withLookup = operations.filter((operation) => optionsOf(operation).lookup !== undefined)
    if (withLookup.length > 0)
      test('finds the effect of a lost answer, and only then', async () => {
        for (const operation of withLookup) {
          const input = await inputFor(operation)
          const effects = provider.effects().length
          provider.faults.request({ kind: 'reset', of: operation })
          expect(failureOf(await send(operation, input)).fate).toBe('ambiguous')
          provider.faults.request({ kind: 'drop', of: operation })
          expect(failureOf(await send(operation, input, { again: true })).fate).toBe('ambiguous')
          expect(await send(operation, input, { again: true })).toMatchObject({ outcome: 'found' })
          expect(provider.effects().slice(effects)).toMatchObject([{ operation }])
        }
      })

    const { webhooks, events = {} } = connector.options
    if (webhooks === undefined) return
    const { verify, field } = { verify: webhooks.verify, field: webhooks.verify.field ?? '' }

    async function delivered(event: string): Promise<{ request: RawRequest; received: ReceivedEvent }> {
      const from = hooks.length
      // Whatever an event is about, the newest such thing is there by now.
      for (const operation of operations.filter((operation) => optionsOf(operation).method === 'POST')) {
        await send(operation, await inputFor(operation))
      }
      await provider.emit(event, {}).catch((error: unknown) => {
        if (!TenonError.is(error, 'NOT_FOUND')) throw error
      })
      for (let tries = 0; tries < 400; tries += 1) {
        for (const request of hooks.slice(from)) {
          if (request.method === 'GET') continue
          const received = webhooks!
            .read(JSON.parse(Buffer.from(request.body).toString()), request)
            .find(({ type }) => type === event)
          if (received !== undefined) return { request, received }
        }
        await new Promise((resolve) => setTimeout(resolve, 5))
      }
      throw new Error(`no ${event} was delivered`)
    }

    const makeable = Object.keys((simulator as Simulator).behaviour.events ?? {})

    test('its simulator makes every declared event happen, has a sample for each, and no others', async () => {
      expect(makeable.toSorted()).toEqual(Object.keys(events).toSorted())
      expect(provider.events).toEqual(makeable)
      expect([...new Set(provider.samples.map(({ event }) => event))].toSorted()).toEqual(makeable.toSorted())
    })

    test.each(samplesOf(simulator))('its sample of $event works on a fresh simulator', async ({ event, input }) => {
      const fresh = await startSimulator(simulator)
      expect(await fresh.emit(event, input)).toBeTruthy()
      await fresh.close()
    })

    test.each(makeable)(
      'WHI-02: %s is taken when genuine, and refused unsigned, forged, with a wrong secret and stale',
      async (event) => {
        const { request, received } = await delivered(event)
        const secret = provider.credentials[field] ?? ''
        const now = Date.now()
        const text = Buffer.from(request.body).toString()
        const signatures = Object.keys(verify.sign(text, secret, now))
        const otherTenant = (await generateCredentials(simulator))[field] ?? ''
        const signed = (changed: Readonly<Record<string, string>>) => ({ headers: { ...request.headers, ...changed } })
        const tampered = Buffer.from(request.body)
        tampered[tampered.length - 2]! ^= 1
        const attacks: readonly (readonly [string, Attack])[] = [
          ['unsigned', { headers: without(request.headers, signatures) }],
          ['signed by another', signed(verify.sign(text, 'a forger’s secret', now))],
          ['wrong secret', { secrets: ['another secret'] }],
          ["another tenant's secret", signed(verify.sign(text, otherTenant, now))],
          ['no secret', { secrets: [] }],
          ...signatures.map((header) => [`nonsense in ${header}`, signed({ [header]: 'nonsense' })] as const),
          ...(coversBody(connector, secret) ? [['tampered', { body: tampered }] as const] : []),
          ...(coversTime(connector, secret)
            ? ([
                ['stale', { nowMs: now + 600_000 }],
                ['from the future', { nowMs: now - 600_000 }],
              ] as const)
            : []),
        ]
        const codeOf = async ({ headers, body, secrets = [secret], nowMs = now }: Attack): Promise<string> => {
          try {
            await verify.verify(
              { ...request, headers: headers ?? request.headers, body: body ?? request.body },
              secrets,
              nowMs,
            )
            return 'taken'
          } catch (error) {
            return TenonError.is(error) ? error.code : String(error)
          }
        }
        expect(signatures.length).toBeGreaterThan(0)
        expect([await codeOf({}), await codeOf({ secrets: ['another secret', secret] })]).toEqual(['taken', 'taken'])
        for (const [what, attack] of attacks) {
          const code = attack.nowMs === undefined ? 'SIGNATURE_INVALID' : 'CLOCK_SKEW'
          expect({ what, code: await codeOf(attack) }).toEqual({ what, code })
        }

        const again = webhooks
          .read(JSON.parse(Buffer.from(request.body).toString()), request)
          .find(({ type }) => type === event)
        expect(again?.id).toBe(received.id)
        expect(requireId(received.id, 'event id')).toBe(received.id)
        expect(Math.abs((received.timeMs ?? now) - now)).toBeLessThan(60_000)
        const declared = events[event]!
        const result = await declared.data['~standard'].validate(received.data)
        expect(result.issues).toBeUndefined()
        const data = 'value' in result ? result.value : undefined
        const found = Object.values(declared.correlate ?? {}).map((read) => read(data as never))
        expect(found.some((value) => value !== undefined)).toBe(true)
      },
    )

    test('a body that is none of its webhooks is refused by its reader', () => {
      const isRefused = (body: unknown): boolean => {
        try {
          webhooks.read(body, { method: 'POST', headers: {}, query: {}, body: Buffer.alloc(0) })
          return false
        } catch {
          return true
        }
      }
      const strange = [null, 1, 'x', [], {}, { object: 'page' }, { entry: 1 }]
      expect(strange.filter((body) => !isRefused(body))).toEqual([])
    })

    if (webhooks.handshake !== undefined)
      test('answers the set-up request with the challenge, to the provider only', () => {
        const genuine = hooks.find(({ method }) => method === 'GET')
        const answer = (query: RawRequest['query'], credentials = provider.credentials) =>
          webhooks.handshake?.({ method: 'GET', headers: {}, query, body: Buffer.alloc(0) }, credentials)
        expect(answer(genuine?.query ?? {})).toEqual(expect.any(String))
        expect(answer(genuine?.query ?? {}, { verifyToken: 'another' })).toBeNull()
        expect(answer(genuine?.query ?? {}, {})).toBeNull()
        expect(answer({})).toBeNull()
      })

    async function receiver(received: RawRequest[]): Promise<Server> {
      const listening = createServer((incoming, outgoing) => {
        const pieces: Buffer[] = []
        incoming.on('data', (piece: Buffer) => pieces.push(piece))
        incoming.on('end', () => {
          const { searchParams } = new URL(`http://x${incoming.url}`)
          const request: RawRequest = {
            method: incoming.method ?? '',
            headers: incoming.headers as RawRequest['headers'],
            query: Object.fromEntries(searchParams),
            body: Buffer.concat(pieces),
            url: `http://${incoming.headers.host}${incoming.url}`,
          }
          received.push(request)
          const shaken =
            request.method === 'GET'
              ? connector.options.webhooks?.handshake?.(request, provider.credentials)
              : undefined
          outgoing.writeHead(shaken === null ? 403 : 200).end(shaken ?? '')
        })
      })
      await new Promise<void>((resolve) => listening.listen(0, '127.0.0.1', resolve))
      return listening
    }
  })
}

function samplesOf(simulator: SimulatorDefinition): readonly Sample[] {
  return (simulator as Simulator).behaviour.samples ?? []
}

/** A delay that is over when the test says so. */
const heldMs = 987_654

function holding(held: (() => void)[]): Clock {
  return {
    ...systemClock,
    after(delayMs, callback) {
      if (delayMs !== heldMs) return systemClock.after(delayMs, callback)
      held.push(callback)
      return () => undefined
    },
  }
}

const laxOnes = new Map<Connector, Connector>()

/** The same connector without a check of its input: what a careless client would send. */
function lax(connector: Connector): Connector {
  const known = laxOnes.get(connector)
  if (known !== undefined) return known
  const input = { '~standard': { version: 1, vendor: 'none', validate: (value: unknown) => ({ value }) } } as const
  const operations = Object.fromEntries(
    Object.entries(connector.options.operations).map(([name, options]) => [name, { ...options, input }]),
  )
  const made = { ...connector, options: { ...connector.options, operations } } as Connector
  laxOnes.set(connector, made)
  return made
}

async function clientOf(
  connector: Connector,
  provider: RunningSimulator,
  credentials = provider.credentials,
): Promise<OpenClient> {
  const secrets = Object.fromEntries(Object.entries(credentials).map(([field, value]) => [field, new Secret(value)]))
  const connection = {
    tenant: 'default',
    connector,
    name: 'main',
    baseUrl: provider.baseUrl,
    credentials: secrets,
    simulated: true,
  }
  // Where a person consents, it is the tokens that are right or wrong.
  const wrong = { access: 'canary-7f3a', refresh: 'canary-7f3a' }
  const consent = () => {
    const consented = provider.consent()
    return consented === null || credentials === provider.credentials ? consented : { ...consented, ...wrong }
  }
  const shelf = consentedShelf({ consent }, systemClock)
  const shelves = new Map(shelf === null ? [] : [[connection, shelf] as const])
  return createClient({
    connections: await createConnections({ connections: [connection], shelves }),
    clock: systemClock,
  })
}

function without(headers: RawRequest['headers'], names: readonly string[]): RawRequest['headers'] {
  return Object.fromEntries(Object.entries(headers).filter(([name]) => !names.includes(name)))
}

function coversBody({ options }: Connector, secret: string): boolean {
  const sign = (body: string) => JSON.stringify(options.webhooks?.verify.sign(body, secret, 0))
  return sign('a') !== sign('b')
}

function coversTime({ options }: Connector, secret: string): boolean {
  const sign = (nowMs: number) => JSON.stringify(options.webhooks?.verify.sign('a', secret, nowMs))
  return sign(0) !== sign(600_000)
}

function outputOf(answer: CallAnswer): unknown {
  if (answer.outcome === 'failed') throw answer.error
  return answer.output
}

function failureOf(answer: CallAnswer): Extract<CallAnswer, { outcome: 'failed' }> {
  if (answer.outcome !== 'failed') throw new Error(`expected a failure, got ${JSON.stringify(answer.output)}`)
  return answer
}
