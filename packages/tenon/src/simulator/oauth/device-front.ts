import { contentHash } from '../../base/ids.ts'
import type { OAuthSettings } from '../../definition/oauth.ts'
import type { RawRequest } from '../../definition/verifier.ts'
import { equal, type AuthEndpoint, type AuthenticationContext } from '../authentication.ts'
import { Answer } from '../behaviour.ts'
import { randomText } from '../credentials.ts'
import { codePage, donePage, titleOf, troublePage, type SimulatedAccount } from './consent-page.ts'
import type { Form } from './client-proof.ts'

/** A consent that somebody gives on another device. */
interface Device {
  readonly userCode: string
  readonly scopes: readonly string[]
  readonly until: number
  readonly askedAt: number
  readonly state: 'pending' | 'denied' | 'allowed'
  readonly account: string
}

export type Polled =
  | { readonly is: 'good'; readonly account: string; readonly scopes: readonly string[] }
  | { readonly is: 'authorization_pending' | 'slow_down' | 'access_denied' | 'expired_token' | 'invalid_grant' }

const lifeS = 600
/** Short: a stand-in on this machine need not be spared. */
const intervalS = 1
/** RFC 8628 §6.1: no vowels, so that there are no words, and nothing that looks like something else. */
const letters = 'BCDFGHJKLMNPQRSTVWXZ'

/** The front of a simulated provider for devices without a browser (RFC 8628): a code, and the page that takes it. */
export class DeviceFront {
  readonly #context: AuthenticationContext
  readonly #settings: OAuthSettings
  readonly #accounts: readonly SimulatedAccount[]

  constructor(context: AuthenticationContext, settings: OAuthSettings, accounts: readonly SimulatedAccount[]) {
    this.#context = context
    this.#settings = settings
    this.#accounts = accounts
  }

  /** §3.1, §3.2. The page stands beside it. */
  begin(path: string, { url = '' }: RawRequest, { scope = '' }: Form): Answer {
    const { database, simulation } = this.#context
    const [deviceCode, userCode] = [randomText(48), newUserCode()]
    const scopes = scope.split(this.#settings.scopeSeparator ?? ' ').filter((one) => one !== '')
    const now = simulation.now()
    const begun: Device = { userCode, scopes, until: now + lifeS * 1000, askedAt: 0, state: 'pending', account: '' }
    database.transaction(() => this.#devices.put(contentHash(deviceCode), begun))
    const address = new URL(pagePath(path), url).href
    const body = {
      device_code: deviceCode,
      user_code: userCode,
      verification_uri: address,
      verification_uri_complete: `${address}?user_code=${userCode}`,
      expires_in: lifeS,
      interval: intervalS,
    }
    return new Answer(200, body, { 'cache-control': 'no-store' })
  }

  page(path: string): AuthEndpoint {
    const provider = titleOf(this.#context.connector)
    return {
      name: 'activate',
      path: pagePath(path),
      methods: ['GET', 'POST'],
      answer: ({ method, query, body }) =>
        method === 'GET'
          ? codePage({ provider, code: query['user_code'] ?? '', accounts: this.#accounts })
          : this.#decide(new URLSearchParams(Buffer.from(body).toString())),
    }
  }

  /** §3.5. */
  poll(deviceCode: string): Polled {
    const { database, simulation } = this.#context
    const hash = contentHash(deviceCode)
    const known = this.#devices.get(hash)
    const now = simulation.now()
    if (known === undefined) return { is: 'invalid_grant' }
    if (known.until <= now) return { is: 'expired_token' }
    return database.transaction((): Polled => {
      if (known.state === 'pending') {
        this.#devices.put(hash, { ...known, askedAt: now })
        return { is: now - known.askedAt < intervalS * 1000 ? 'slow_down' : 'authorization_pending' }
      }
      this.#devices.delete(hash)
      if (known.state === 'denied') return { is: 'access_denied' }
      return { is: 'good', account: known.account, scopes: known.scopes }
    })
  }

  #decide(form: URLSearchParams): Answer {
    const { connector, database, simulation } = this.#context
    const code = plainCode(form.get('user_code') ?? '')
    const rows = Object.entries((database.snapshot()['$devices'] ?? {}) as Record<string, Device>)
    const [hash, found] = rows.find(([, one]) => equal(plainCode(one.userCode), code)) ?? []
    if (hash === undefined || found === undefined || found.until <= simulation.now() || found.state !== 'pending')
      return troublePage(titleOf(connector), 'There is no such code, or it took too long. Look at the other screen.')
    const account = this.#accounts.find(({ id }) => id === form.get('account'))
    const isAllowed = form.get('decision') === 'allow' && account !== undefined
    const decided = { ...found, state: isAllowed ? 'allowed' : 'denied', account: account?.id ?? '' } as const
    database.transaction(() => this.#devices.put(hash, decided))
    return donePage(
      titleOf(connector),
      isAllowed ? 'The other device is allowed in.' : 'The other device was turned away.',
    )
  }

  get #devices() {
    return this.#context.database.table<Device>('$devices')
  }
}

function pagePath(path: string): string {
  return `${path.replace(/\/$/, '')}/activate`
}

function newUserCode(): string {
  const eight = Array.from(crypto.getRandomValues(new Uint8Array(8)), (byte) => letters[byte % letters.length])
  return `${eight.slice(0, 4).join('')}-${eight.slice(4).join('')}`
}

/** As people type it: in any case, with the hyphen or without. */
function plainCode(text: string): string {
  return text.toUpperCase().replaceAll(/[^A-Z]/g, '')
}
