import { sleep, type Clock } from '../base/clock.ts'
import { messageOf, TenonError } from '../base/errors.ts'
import type { Store } from '../store/store.ts'
import type { RenewalMeter, RenewalOutcome } from '../telemetry/meter.ts'
import type { Log } from '../telemetry/telemetry.ts'
import type { Tokens } from './auth-scheme.ts'
import { isGivenUp } from './authorisation-life.ts'
import { takeLease, type Lease, type SeenLease } from './lease.ts'
import type { ConnectionName } from './managed.ts'
import { isUsable } from './token-life.ts'
import { outcomeOf, type KeptTokens, type TokenShelf } from './token-shelf.ts'
import {
  getTokens,
  openTokens,
  succeeding,
  tokensKey,
  writeTokens,
  type Lost,
  type TokensBody,
  type TokensDocument,
} from './tokens-document.ts'
import type { Vault } from './vault.ts'

const leaseMs = 15_000
const longestPauseMs = 500
const firstRestMs = 30_000
const longestRestMs = 3_600_000
/** How often a save is tried: new tokens that are lost are an account that is lost. */
const savesAtMost = 8

export interface FencedShelfOptions {
  readonly which: ConnectionName
  readonly store: Store
  readonly vault: Vault
  readonly clock: Clock
  readonly random: () => number
  readonly holder: string
  readonly log: Log
  readonly meter?: RenewalMeter
  /** How long the lease lives that is prolonged during a renewal; default 15 s. */
  readonly leaseMs?: number
  /** The document was written here. */
  readonly onWritten?: () => void
}

/** Tokens in the store, for all processes: one renews them at a time, and whoever lost that right while it did saves nothing over the winner's. */
export function fencedShelf(options: FencedShelfOptions): TokenShelf {
  return new FencedShelf(options)
}

interface FailedRenewal {
  readonly document: TokensDocument
  readonly current: Tokens | null
  readonly than: KeptTokens | null
  readonly tookMs: number
  readonly isTakenOver: boolean
}

/** The provider may have put new tokens in the place of these, and given them to nobody who lives (AUT-04). */
const cutOff = 'a process ended in the middle of the renewal before this one, and new tokens may have been lost with it'

type Obtain = (current: Tokens | null) => Promise<Tokens>

class FencedShelf implements TokenShelf {
  readonly #options: FencedShelfOptions
  readonly #what: string

  constructor(options: FencedShelfOptions) {
    this.#options = options
    this.#what = `${options.which.connector}/${options.which.name}`
  }

  async renew(than: KeptTokens | null, obtain: Obtain): Promise<KeptTokens> {
    const { store, which, clock, random, holder, leaseMs: lifeMs = leaseMs } = this.#options
    const seen: SeenLease = { version: null, since: 0 }
    for (;;) {
      const found = await this.#found(await getTokens(store, which), than)
      if (found !== null) return found
      const lease = await takeLease({ ...tokensKey(which), kind: 'lease' }, { store, clock, holder, lifeMs }, seen)
      if (lease === null) {
        await sleep(clock, longestPauseMs * (0.2 + 0.8 * random()))
        continue
      }
      try {
        const renewed = await this.#renewUnder(lease, than, obtain)
        if (renewed !== null) return renewed
      } finally {
        await lease.release()
      }
    }
  }

  /** `null` where they must be obtained. */
  async #found(document: TokensDocument, than: KeptTokens | null): Promise<KeptTokens | null> {
    const { clock } = this.#options
    const { generation, lost, failing, obtainedAt, expiresAt, access } = document.body
    if (access !== null && generation !== than?.generation && lost === null) {
      const now = clock.now()
      if (isUsable({ expiresAt, obtainedAt }, now)) return this.#open(document)
    }
    if (lost !== null) throw lostError(lost, this.#what)
    const restMs = (failing?.retryAt ?? 0) - clock.now()
    if (failing === null || restMs <= 0) return null
    throw new TenonError(
      'UPSTREAM_UNAVAILABLE',
      `connection ${this.#what}: its tokens could not be renewed, and it is tried again in ${Math.ceil(restMs / 1000)} s: ${failing.cause}`,
      { retryAfterMs: restMs },
    )
  }

  async #open(document: TokensDocument): Promise<KeptTokens> {
    const { vault, which } = this.#options
    const tokens = await openTokens(vault, which, document)
    if (tokens === null) throw removed(this.#what)
    return { tokens, generation: document.body.generation, obtainedAt: document.body.obtainedAt }
  }

  /** `null` where somebody else was faster, or the lease ended before anything was sent. */
  async #renewUnder(lease: Lease, than: KeptTokens | null, obtain: Obtain): Promise<KeptTokens | null> {
    const { store, vault, which, clock } = this.#options
    const document = await getTokens(store, which)
    const found = await this.#found(document, than)
    if (found !== null) return found
    const current = await openTokens(vault, which, document)
    const obtainedAt = clock.now()
    // Whoever was stopped since must not send a refresh token that another has used meanwhile.
    if (!lease.isHeld()) return null
    let tokens: Tokens
    try {
      tokens = await obtain(current)
    } catch (error) {
      const tookMs = clock.now() - obtainedAt
      return this.#failed(error, { document, current, than, tookMs, isTakenOver: lease.isTakenOver })
    }
    const tookMs = clock.now() - obtainedAt
    const kept = await this.#save(document, tokens, obtainedAt)
    this.#count(kept.tokens === tokens ? 'renewed' : 'superseded', tookMs)
    return kept
  }

  async #save(base: TokensDocument, tokens: Tokens, obtainedAt: number): Promise<KeptTokens> {
    const { store, which } = this.#options
    for (let document = base; ; document = await getTokens(store, which)) {
      // Others were given newer ones: theirs are what counts (fencing).
      if (document.body.generation !== base.body.generation) return this.#open(document)
      const body = succeeding(document.body, tokens, obtainedAt)
      if (await this.#write(document, body, tokens)) return { tokens, generation: body.generation, obtainedAt }
    }
  }

  #count(outcome: RenewalOutcome, tookMs: number): void {
    const { meter, which } = this.#options
    meter?.renewalEnded(which.connector, outcome, tookMs)
  }

  /** False where the document is not the one that is replaced. A store that is away is waited for. */
  async #write(document: TokensDocument, body: TokensBody, tokens: Tokens | null): Promise<boolean> {
    const { store, vault, which, clock, log, onWritten } = this.#options
    for (let tries = 1; ; tries += 1) {
      try {
        const text = await writeTokens(vault, which, { version: document.version, body }, tokens)
        const { outcome } = await store.write({
          changes: [{ ...tokensKey(which), expect: document.version, body: text }],
        })
        if (outcome === 'written') onWritten?.()
        return outcome === 'written'
      } catch (error) {
        if (tries === savesAtMost) throw error
        log.error('tokens.unsaved', { connection: this.#what, tries, reason: messageOf(error) })
        await sleep(clock, 100 * 2 ** tries)
      }
    }
  }

  /** AUT-03: what another process has saved meanwhile counts for more than what went wrong here; nothing is deleted. */
  async #failed(error: unknown, { document, current, than, tookMs, isTakenOver }: FailedRenewal): Promise<KeptTokens> {
    const { store, which, clock, log } = this.#options
    const newest = await getTokens(store, which)
    if (newest.body.generation > document.body.generation && newest.body.lost === null) {
      this.#count('superseded', tookMs)
      return this.#open(newest)
    }
    this.#count(outcomeOf(error), tookMs)
    const at = clock.now()
    const isLost = TenonError.is(error, 'AUTHORISATION_LOST')
    const cause = isTakenOver && isLost ? `${messageOf(error)}; ${cutOff}` : messageOf(error)
    if (isLost) {
      const isTakenBack = than !== null && isUsable({ ...than.tokens, obtainedAt: than.obtainedAt }, at)
      const lost: Lost = { at, cause, state: isTakenBack ? 'revoked' : 'needs-authorisation' }
      if (document.version !== null) await this.#write(document, { ...document.body, lost }, current)
      log.error('connection.lost', { connection: this.#what, tenant: which.tenant, state: lost.state, cause })
      throw error
    }
    const { count, since } = document.body.failing ?? { count: 0, since: at }
    const asked = TenonError.is(error) ? (error.retryAfterMs ?? 0) : 0
    const restMs = Math.max(asked, Math.min(longestRestMs, firstRestMs * 2 ** count))
    const failing = { since, count: count + 1, retryAt: at + restMs, cause }
    await this.#write(document, { ...document.body, failing }, current)
    log.error('connection.renewal-failed', {
      connection: this.#what,
      tenant: which.tenant,
      count: count + 1,
      restMs,
      cause,
    })
    if (isGivenUp({ failing }))
      log.error('connection.renewal-stopped', { connection: this.#what, tenant: which.tenant, count: count + 1, cause })
    throw error
  }
}

function lostError({ cause }: Lost, what: string): TenonError {
  return new TenonError('AUTHORISATION_LOST', cause.includes(what) ? cause : `connection ${what}: ${cause}`)
}

function removed(what: string): TenonError {
  return new TenonError('AUTHORISATION_LOST', `connection ${what} was removed meanwhile; connect the account again`)
}
