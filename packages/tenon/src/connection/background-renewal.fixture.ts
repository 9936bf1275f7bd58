import { randomBytes, randomUUID } from 'node:crypto'
import type { Clock } from '../base/clock.ts'
import { TenonError } from '../base/errors.ts'
import { Secret } from '../base/secret.ts'
import { defineConnector, type Connector } from '../definition/connector.ts'
import { oauth2 } from '../definition/oauth.ts'
import type { Store } from '../store/store.ts'
import type { RenewalOutcome } from '../telemetry/meter.ts'
import type { Log } from '../telemetry/telemetry.ts'
import type { Tokens } from './auth-scheme.ts'
import { BackgroundRenewal, type Ask, type BackgroundRenewalOptions } from './background-renewal.ts'
import { viewOf } from './connection-view.ts'
import { connectionKey, sealFields, type ConnectionBody } from './connection-document.ts'
import type { ConnectionName, ConnectionView } from './managed.ts'
import { Registry } from './registry.ts'
import { StoredConnections } from './stored-connections.ts'
import { getTokens, noTokens, succeeding, tokensKey, writeTokens, type TokensBody } from './tokens-document.ts'
import type { Vault } from './vault.ts'
import { createVault } from './vault/create-vault.ts'
import { environmentKeys } from './vault/environment.ts'

const shop = defineConnector('shop', {
  baseUrl: 'https://shop.example',
  auth: oauth2({ endpoints: { token: 'https://shop.example/token' } }),
  operations: {},
}) as unknown as Connector

const account = (name: string): ConnectionName => ({ tenant: 'default', connector: 'shop', name })

/** A provider that rotates refresh tokens and ends those that nobody uses; one that comes twice ends its account. */
export interface ModelProvider {
  readonly ask: Ask
  /** The first tokens of an account. */
  connect(name: string): Tokens
  /** When it was asked. */
  readonly askedAt: number[]
  /** Accounts that were ended: by time, or by a refresh token that came twice. */
  readonly ended: Set<string>
  /** Before each answer; throws what goes wrong. */
  answering: () => void | Promise<void>
  /** Its user takes the account away from us. */
  takeBack(name: string): void
}

export function modelProvider(
  clock: Clock,
  { refreshLifeMs, accessLifeMs = 3_600_000 }: { readonly refreshLifeMs: number; readonly accessLifeMs?: number },
): ModelProvider {
  const valid = new Map<string, { readonly refresh: string; readonly usedAt: number }>()
  let count = 0
  const issue = (name: string): Tokens => {
    const now = clock.now()
    const refresh = `refresh-${(count += 1)}`
    valid.set(name, { refresh, usedAt: now })
    const life = { endsAt: now + refreshLifeMs, lifeMs: refreshLifeMs }
    return {
      access: new Secret(`access-${count}`),
      refresh: new Secret(refresh),
      expiresAt: now + accessLifeMs,
      refreshLife: life,
    }
  }
  const provider: ModelProvider = {
    connect: issue,
    askedAt: [],
    ended: new Set(),
    answering: () => undefined,
    takeBack: (name) => void valid.delete(name),
    async ask({ name }, current) {
      provider.askedAt.push(clock.now())
      await provider.answering()
      const known = valid.get(name)
      if (
        known !== undefined &&
        known.refresh === current?.refresh?.reveal() &&
        clock.now() < known.usedAt + refreshLifeMs
      )
        return issue(name)
      valid.delete(name)
      provider.ended.add(name)
      throw new TenonError(
        'AUTHORISATION_LOST',
        `connection shop/${name}: the provider refused its renewal with invalid_grant`,
      )
    },
  }
  return provider
}

export interface Told {
  readonly name: string
  readonly fields: Readonly<Record<string, unknown>>
}

/** A process that keeps accounts in a store. */
export interface KeepingProcess {
  readonly stored: StoredConnections
  readonly renewal: BackgroundRenewal
  readonly told: readonly Told[]
  readonly outcomes: readonly RenewalOutcome[]
  view(name: string): ConnectionView
  close(): Promise<void>
}

export interface Keeping {
  readonly store: Store
  readonly vault: Vault
  readonly clock: Clock
}

export function vaultOver(store: Store, clock: Clock): Vault {
  return createVault({ store, clock, masterKeys: environmentKeys(randomBytes(32).toString('base64'), undefined) })
}

export async function startProcess(
  { store, vault, clock }: Keeping,
  options: BackgroundRenewalOptions,
): Promise<KeepingProcess> {
  const told: Told[] = []
  const outcomes: RenewalOutcome[] = []
  const write = (name: string, fields?: Readonly<Record<string, unknown>>): void =>
    void told.push({ name, fields: fields ?? {} })
  const log: Log = { info: write, warn: write, error: write }
  const keeping = {
    store,
    vault,
    clock,
    log,
    random: () => 0.5,
    holder: randomUUID(),
    connectors: new Map([['shop', shop]]),
    standIns: new Map<string, string>(),
    onSecret: () => undefined,
    meter: { renewalEnded: (_connector: string, outcome: RenewalOutcome) => void outcomes.push(outcome) },
  }
  const stored = new StoredConnections(keeping, new Registry(), () => undefined)
  await stored.open()
  const renewal = new BackgroundRenewal(stored, options)
  renewal.start()
  return {
    stored,
    renewal,
    told,
    outcomes,
    view(name) {
      const entry = stored.entry(account(name))
      if (entry === null) throw new Error(`there is no ${name}`)
      return viewOf(entry, clock.now(), () => null)
    },
    async close() {
      await renewal.stop()
      stored.close()
    },
  }
}

/** As an account is kept that somebody consented to. */
export async function keep({ store, vault, clock }: Keeping, name: string, tokens: Tokens): Promise<void> {
  const which = account(name)
  const at = clock.now()
  const fields = { clientId: new Secret('tenon'), clientSecret: new Secret('secret') }
  const body: ConnectionBody = {
    baseUrl: null,
    simulated: false,
    ...(await sealFields(vault, which, { connector: shop, fields, version: 1 })),
    account: null,
    createdAt: at,
    createdBy: 'mia',
    updatedAt: at,
  }
  const kept = { ...succeeding(noTokens, tokens, at), authorisedAt: at }
  await store.write({
    changes: [
      { ...connectionKey(which), expect: null, body: JSON.stringify(body) },
      {
        ...tokensKey(which),
        expect: null,
        body: await writeTokens(vault, which, { version: null, body: kept }, tokens),
      },
    ],
  })
}

export async function tokensIn(store: Store, name: string): Promise<TokensBody> {
  return (await getTokens(store, account(name))).body
}
