// What Easel asks of Tenon: three requests of its management API. The token stays on the server.

export interface TenonOptions {
  readonly url: string
  readonly token: string
}

export interface HubSpotAccount {
  readonly state: string
  readonly cause: string | null
  readonly account: { readonly id: string; readonly name: string } | null
}

export interface Tenon {
  /** A link that one person of the studio can use once, within fifteen minutes. */
  connectLink(studio: string, returnTo: string): Promise<string>
  /** The account that the studio connected; `null` for none. */
  hubspotOf(studio: string): Promise<HubSpotAccount | null>
  removeHubspot(studio: string): Promise<void>
  /** Starts the flow for that studio; the same id again starts nothing. */
  book(studio: string, id: string, input: object): Promise<void>
  /** How the studio's bookings stand, the newest first. */
  runsOf(studio: string): Promise<readonly { readonly run: string; readonly status: string }[]>
}

interface Connection extends HubSpotAccount {
  readonly connector: string
  readonly origin: string
}

export function tenonAt({ url, token }: TenonOptions): Tenon {
  async function ask<Answer>(method: string, path: string, studio: string, body?: object): Promise<Answer> {
    const address = new URL(`${url}/api/v1${path}`)
    address.searchParams.set('tenant', studio)
    const answer = await fetch(address, {
      method,
      headers: { authorization: `Bearer ${token}`, 'content-type': 'application/json' },
      ...(body !== undefined && { body: JSON.stringify(body) }),
    })
    const text = await answer.text()
    if (!answer.ok) throw new Error(`Tenon answered ${answer.status}: ${text}`)
    return (text === '' ? undefined : JSON.parse(text)) as Answer
  }

  return {
    async connectLink(studio, returnTo) {
      const order = { connector: 'hubspot', returnTo }
      return (await ask<{ url: string }>('POST', '/connect-links', studio, order)).url
    },
    async hubspotOf(studio) {
      const { connections } = await ask<{ connections: Connection[] }>('GET', '/connections', studio)
      return connections.find(({ connector, origin }) => connector === 'hubspot' && origin === 'stored') ?? null
    },
    removeHubspot: (studio) => ask('DELETE', '/connections/hubspot/main', studio),
    async book(studio, id, input) {
      await ask('POST', '/runs', studio, { flow: 'booking-to-crm', id, input })
    },
    async runsOf(studio) {
      return (await ask<{ runs: { run: string; status: string }[] }>('GET', '/runs?flow=booking-to-crm', studio)).runs
    },
  }
}
