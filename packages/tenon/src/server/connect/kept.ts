import type { Clock } from '../../base/clock.ts'
import { TenonError } from '../../base/errors.ts'
import { parseJson } from '../../base/json.ts'
import { Secret } from '../../base/secret.ts'
import type { Vault } from '../../connection/vault.ts'
import type { NewAuditEntry, Store } from '../../store/store.ts'

/** A document of this server that ends by itself, with a part that only the vault opens. */
export interface Kept<Facts extends Ending> {
  readonly tenant: string
  readonly id: string
  readonly version: number
  readonly facts: Facts
  readonly sealed: string | null
}

interface Ending {
  /** Milliseconds since the epoch. */
  readonly expiresAt: number
}

/** What is written: the facts, and what is sealed beside them. */
export interface Change<Facts, Sealed> {
  readonly facts: Facts
  readonly sealed?: Sealed
  readonly audit?: Omit<NewAuditEntry, 'tenant' | 'at'>
}

/** Short-lived documents of one kind. Each is found by tenant and id (SEC-09) and replaced by compare-and-set: of two who would use one up, one does. */
export interface Drawer<Facts extends Ending, Sealed> {
  /** Rejects with `OVERLOADED` where a tenant has too many. */
  add(place: { readonly tenant: string; readonly id: string }, change: Change<Facts, Sealed>): Promise<void>
  /** `null` for none, and for one that has ended. */
  find(place: { readonly tenant: string; readonly id: string }): Promise<Kept<Facts> | null>
  /** What is sealed in it; `null` for nothing. */
  open(kept: Kept<Facts>): Promise<Sealed | null>
  /** The new one; `null` when somebody else was first. */
  replace(kept: Kept<Facts>, change: Change<Facts, Sealed>): Promise<Kept<Facts> | null>
}

export interface DrawerOptions {
  readonly kind: string
  readonly store: Store
  readonly vault: Vault
  readonly clock: Pick<Clock, 'now'>
}

const mostOpen = 200

export function createDrawer<Facts extends Ending, Sealed>(options: DrawerOptions): Drawer<Facts, Sealed> {
  const { kind, store, vault, clock } = options

  const placeOf = (tenant: string, id: string, version: number) => ({
    tenant,
    connection: `${kind}/${id}`,
    field: 'sealed',
    version,
  })

  async function write(
    { tenant, id }: { readonly tenant: string; readonly id: string },
    expect: number | null,
    { facts, sealed, audit }: Change<Facts, Sealed>,
  ): Promise<Kept<Facts> | null> {
    const version = (expect ?? 0) + 1
    const text =
      sealed === undefined ? null : await vault.seal(placeOf(tenant, id, version), new Secret(JSON.stringify(sealed)))
    const body = JSON.stringify({ facts, sealed: text })
    const receipt = await store.write({
      changes: [{ tenant, kind, id, expect, body }],
      ...(audit !== undefined && { audit: [{ ...audit, tenant, at: clock.now() }] }),
    })
    return receipt.outcome === 'conflict' ? null : { tenant, id, version, facts, sealed: text }
  }

  /** What has ended goes when something new comes. */
  async function makeRoom(tenant: string): Promise<void> {
    const documents = await store.list({ tenant, kind, limit: mostOpen })
    const ended = documents.filter(({ body }) => read<Facts>(body).facts.expiresAt <= clock.now())
    for (const { id, version } of ended)
      await store.write({ changes: [{ tenant, kind, id, expect: version, body: null }] })
    if (documents.length - ended.length >= mostOpen)
      throw new TenonError('OVERLOADED', 'too many accounts are being connected at once; try again in some minutes')
  }

  return {
    async add(place, change) {
      await makeRoom(place.tenant)
      const added = await write(place, null, change)
      if (added === null) throw new TenonError('STORE_CONFLICT', `the ${kind} is there already`)
    },
    async find({ tenant, id }) {
      const document = await store.get({ tenant, kind, id })
      if (document === null) return null
      const { facts, sealed } = read<Facts>(document.body)
      return facts.expiresAt <= clock.now() ? null : { tenant, id, version: document.version, facts, sealed }
    },
    async open({ tenant, id, version, sealed }) {
      if (sealed === null) return null
      const secret = await vault.open(placeOf(tenant, id, version), sealed)
      return parseJson(secret.reveal()) as Sealed
    },
    replace: (kept, change) => write(kept, kept.version, change),
  }
}

function read<Facts>(body: string): { readonly facts: Facts; readonly sealed: string | null } {
  return parseJson(body) as { facts: Facts; sealed: string | null }
}
