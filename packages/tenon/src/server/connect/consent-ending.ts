import { messageOf, TenonError } from '../../base/errors.ts'
import type { Tokens } from '../../connection/auth-scheme.ts'
import type { Ground } from '../../connection/ground.ts'
import type { Accounts, Found, Prepared } from './accounts.ts'
import type { ConnectingParts } from './connecting.ts'
import { nameOf, writeTokens, type ConsentFacts, type ConsentSecrets } from './consent-record.ts'
import type { Drawer, Kept } from './kept.ts'

const usualIntervalMs = 5000

type KeptConsent = Kept<ConsentFacts>

/** From what a provider answered to an account that is connected, or to a plain word on why it is not. */
export interface Ending {
  /** Never rejects for what the provider or the person did: the consent says it. */
  end(taken: KeptConsent, secrets: ConsentSecrets, tokensOf: (ground: Ground) => Promise<Tokens>): Promise<KeptConsent>
  settle(kept: KeptConsent, change: Partial<ConsentFacts>, sealed?: ConsentSecrets): Promise<KeptConsent>
  /** Asks the provider once whether the person has answered. */
  pollDevice(kept: KeptConsent): Promise<KeptConsent>
}

export function createEnding(
  parts: ConnectingParts,
  accounts: Accounts,
  drawer: Drawer<ConsentFacts, ConsentSecrets>,
): Ending {
  return new ConsentEnding(parts, accounts, drawer)
}

class ConsentEnding implements Ending {
  readonly #parts: ConnectingParts
  readonly #accounts: Accounts
  readonly #drawer: Drawer<ConsentFacts, ConsentSecrets>

  constructor(parts: ConnectingParts, accounts: Accounts, drawer: Drawer<ConsentFacts, ConsentSecrets>) {
    this.#parts = parts
    this.#accounts = accounts
    this.#drawer = drawer
  }

  async end(
    taken: KeptConsent,
    secrets: ConsentSecrets,
    tokensOf: (ground: Ground) => Promise<Tokens>,
  ): Promise<KeptConsent> {
    try {
      const prepared = this.#prepared(taken, secrets)
      const tokens = await onGround(this.#accounts, prepared, tokensOf)
      const found = await this.#accounts.find(prepared, tokens)
      return await this.#keep(taken, secrets, { tokens, ...found })
    } catch (error) {
      return this.settle(taken, failure(error))
    }
  }

  async settle(kept: KeptConsent, change: Partial<ConsentFacts>, sealed?: ConsentSecrets): Promise<KeptConsent> {
    const facts = { ...kept.facts, ...change }
    // Nobody else writes to what was taken; should somebody, theirs stands.
    return (await this.#drawer.replace(kept, { facts, ...(sealed !== undefined && { sealed }) })) ?? { ...kept, facts }
  }

  async pollDevice(kept: KeptConsent): Promise<KeptConsent> {
    const secrets = await this.#drawer.open(kept)
    const { intervalMs = usualIntervalMs } = kept.facts
    if (secrets === null) return kept
    // Whoever moves the time of the next question asks this one.
    const facts = { ...kept.facts, pollAt: this.#parts.clock.now() + intervalMs }
    const asking = await this.#drawer.replace(kept, { facts, sealed: secrets })
    if (asking === null) return kept
    try {
      const answer = await onGround(this.#accounts, this.#prepared(asking, secrets), ({ scheme, context }) => {
        if (scheme.device === undefined) throw new TenonError('INTERNAL', 'the scheme has no device consent any more')
        return scheme.device.poll(context, secrets.pending ?? {})
      })
      if (answer.tokens !== null) return await this.end(asking, secrets, () => Promise.resolve(answer.tokens))
      if (answer.slowDownMs === undefined) return asking
      const slower = intervalMs + answer.slowDownMs
      return await this.settle(asking, { intervalMs: slower, pollAt: this.#parts.clock.now() + slower }, secrets)
    } catch (error) {
      // What may pass is asked again; the person sees nothing of it.
      return TenonError.is(error) && error.retryable ? asking : this.settle(asking, failure(error))
    }
  }

  #prepared({ tenant, facts }: KeptConsent, { fields }: ConsentSecrets): Prepared {
    const { connector, account } = this.#accounts.known(nameOf(tenant, facts))
    const form = this.#accounts.form(facts.connector)
    return { which: nameOf(tenant, facts), connector, form, baseUrl: facts.baseUrl, fields, account }
  }

  async #keep(
    taken: KeptConsent,
    { fields }: ConsentSecrets,
    { tokens, account, untried }: Found & { readonly tokens: Tokens },
  ): Promise<KeptConsent> {
    const { baseUrl, starter } = taken.facts
    const which = nameOf(taken.tenant, taken.facts)
    try {
      const given = { fields, baseUrl, tokens, account, untried, confirmAccountChange: false }
      await this.#parts.managed.authorise(which, given, { by: starter.by })
    } catch (error) {
      if (!TenonError.is(error, 'ACCOUNT_CHANGED')) throw error
      const before = this.#accounts.known(which).account
      const sealed = { fields, tokens: writeTokens(tokens) }
      return this.settle(taken, { state: 'account-changed', accounts: { before, now: account } }, sealed)
    }
    return this.settle(taken, { state: 'connected' })
  }
}

function failure(error: unknown): Pick<ConsentFacts, 'state' | 'problem'> {
  const code = TenonError.is(error) ? error.code : 'INTERNAL'
  return { state: 'failed', problem: { code, message: messageOf(error) } }
}

/** Something done over the scheme of an account that is not connected yet. */
export async function onGround<Result>(
  accounts: Accounts,
  prepared: Prepared,
  work: (ground: Ground) => Promise<Result>,
): Promise<Result> {
  const ground = await accounts.ground(prepared)
  try {
    return await work(ground)
  } finally {
    await ground.close()
  }
}
