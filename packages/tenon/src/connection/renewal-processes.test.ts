import { fork, type ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { afterEach, describe, expect, test } from 'vitest'
import { sleep, systemClock } from '../base/clock.ts'
import { usePostgres } from '../postgres/postgres.fixture.ts'
import { openGround } from './ground.ts'
import { redirectUri, startProvider, type TestProvider } from './oauth/openid-provider.fixture.ts'
import { openProcess, which, type Meeting, type RenewalProcess } from './renewal-process.fixture.ts'

const hour = 3_600_000
const clientSecret = 'a secret that is long enough for every algorithm'
const closing: (() => Promise<unknown> | void)[] = []
afterEach(async () => {
  for (const close of closing.splice(0).toReversed()) await close()
})

interface Stage {
  readonly provider: TestProvider
  readonly meeting: Meeting
  /** Looks on from the process of the test. */
  readonly own: RenewalProcess
}

/** A provider that a person has consented at, and the account in a store that processes share. */
async function stage(database: string | null, { isRotating = true } = {}): Promise<Stage> {
  const consent = { grant_types: ['authorization_code', 'refresh_token'], response_types: ['code' as const] }
  const provider = await startProvider({
    clients: [{ client_id: 'web', client_secret: clientSecret, redirect_uris: [redirectUri], ...consent }],
    configuration: { rotateRefreshToken: isRotating },
  })
  closing.push(() => provider.close())
  const folder = mkdtempSync(join(tmpdir(), 'tenon-renewal-'))
  closing.push(() => rmSync(folder, { recursive: true }))
  const { issuer, authority } = provider
  const meeting = { folder, database, issuer, authority: authority.certificate, leaseMs: null, aheadMs: 0 }
  const own = await openProcess(meeting)
  closing.push(() => own.close())
  await connect(provider, own)
  return { provider, meeting, own }
}

async function connect(provider: TestProvider, { connector, managed }: RenewalProcess): Promise<void> {
  const fields = { clientId: 'web', clientSecret }
  const ground = await openGround({
    ...which,
    connector,
    baseUrl: provider.issuer,
    fields,
    simulated: false,
    clock: systemClock,
    transport: { allowedOrigins: [provider.issuer], tls: { authority: provider.authority.certificate } },
  })
  closing.push(() => ground.close())
  const { browser } = ground.scheme
  if (browser === undefined) throw new Error('no consent')
  const begun = await browser.begin(ground.context, { redirectUri, state: 'one-time', scopes: ['orders'] })
  const answer = (await provider.consent(begun.url)).searchParams
  const tokens = await browser.complete(ground.context, begun.pending, answer)
  await managed.authorise(which, { fields, tokens, account: null, confirmAccountChange: false }, { by: 'mia' })
}

const childFile = fileURLToPath(new URL('./renewal-child.fixture.ts', import.meta.url))

/** A process that is ready to call. */
async function startChild(meeting: Meeting): Promise<ChildProcess> {
  const child = fork(childFile, [JSON.stringify(meeting)], { execArgv: ['--conditions=source'] })
  closing.push(() => void child.kill('SIGKILL'))
  await once(child, 'message')
  return child
}

async function call(child: ChildProcess, count: number): Promise<readonly string[]> {
  const ended = once(child, 'exit').then(([code]) => Promise.reject(new Error(`the process ended with ${code}`)))
  ended.catch(() => undefined)
  child.send(count)
  const [tokens] = (await Promise.race([once(child, 'message'), ended])) as [readonly string[]]
  return tokens
}

const renewals = ({ grants }: TestProvider): number => grants.filter((grant) => grant === 'refresh_token').length

function renewal(database: () => Promise<string | null>): void {
  test('AUT-01: when a token ends, 4 processes with 200 callers each renew it once, and the account stays connected', async () => {
    const { provider, meeting, own } = await stage(await database())
    const first = await own.stored()
    const later = { ...meeting, aheadMs: hour }
    const children = await Promise.all(Array.from({ length: 4 }, () => startChild(later)))
    // So slow that every process meets it under way.
    provider.beforeAnswer = () => sleep(systemClock, 1000)
    const tokens = (await Promise.all(children.map((child) => call(child, 200)))).flat()
    const renewed = await own.stored()
    expect(tokens).toHaveLength(800)
    expect(new Set(tokens)).toEqual(new Set([renewed]))
    expect(renewed).not.toBe(first)
    expect(renewals(provider)).toBe(1)
    const [last] = await call(await startChild({ ...meeting, aheadMs: 2 * hour }), 1)
    expect(last).not.toBe(renewed)
    expect(last).toBe(await own.stored())
    expect(renewals(provider)).toBe(2)
    expect(provider.revokedFamilies()).toBe(0)
  })

  test.skipIf(process.platform === 'win32')(
    'AUT-02: a process that was stopped while the provider answered saves nothing over the tokens of the next',
    async () => {
      // One that takes a refresh token twice: else the second holder could have none.
      const { provider, meeting, own } = await stage(await database(), { isRotating: false })
      const stopped = await startChild({ ...meeting, leaseMs: 2000, aheadMs: hour })
      const next = await startChild({ ...meeting, leaseMs: 2000, aheadMs: 2 * hour })
      const answers = Promise.withResolvers<void>()
      const isAsked = new Promise<void>((resolve) => {
        provider.beforeAnswer = () => {
          provider.beforeAnswer = () => Promise.resolve()
          resolve()
          return answers.promise
        }
      })
      const late = call(stopped, 1)
      await isAsked
      stopped.kill('SIGSTOP')
      const [newest] = await call(next, 1)
      answers.resolve()
      stopped.kill('SIGCONT')
      expect(await late).toEqual([newest])
      expect(await own.stored()).toBe(newest)
      expect(renewals(provider)).toBe(2)
    },
  )
}

describe('in a data folder', () => {
  renewal(async () => null)
})

describe('in a database', () => {
  const server = usePostgres()
  renewal(async () =>
    server()
      .url(await server().newDatabase())
      .reveal(),
  )
})
