import type { Clock } from '../base/clock.ts'
import { messageOf, TenonError } from '../base/errors.ts'
import { isObject } from '../definition/problem.ts'
import { parseJson } from '../base/json.ts'
import type { ManagedVault } from '../connection/vault.ts'
import type { AuditHead, NewAuditEntry, Store, StoredDocument } from '../store/store.ts'
import type { Log } from '../telemetry/telemetry.ts'

/** Writes what was done by people and programs into the audit log, and signs how far the log goes. */
export interface AuditTrail {
  /** Durable when it resolves. What cannot be written is told in the log of the process, and stops nothing. */
  record(entry: Omit<NewAuditEntry, 'at'>): Promise<void>
  /** A request that was not let in: at most ten a minute are told, then how many more there were. */
  refused(request: { readonly by: string; readonly from: string; readonly code: string; readonly right: string }): void
  verify(tenant: string): Promise<AuditVerdict>
  close(): Promise<void>
}

export interface AuditVerdict {
  /** The first entry that was changed or is missing; `null` for a log that is whole. */
  readonly brokenAt: number | null
  /** The latest entry: kept elsewhere, it proves later that nothing before it was changed. */
  readonly head: AuditHead | null
  /** Up to which entry the vault's signature vouches for it; `null` where nothing is signed, or the vault is locked. */
  readonly signedTo: number | null
}

interface AuditTrailOptions {
  readonly store: Store
  readonly vault: ManagedVault
  readonly clock: Clock
  readonly log: Log
  /** Whose door it is that refuses. */
  readonly tenant: string
}

const signAfterMs = 10_000
const minute = 60_000
const mostRefusals = 10

export function createAuditTrail({ store, vault, clock, log, tenant }: AuditTrailOptions): AuditTrail {
  const seals = headSeals(store, vault)
  const unsigned = new Set<string>()
  let cancelSigning: (() => void) | null = null
  const refusals = { since: 0, told: 0, untold: 0 }

  async function signAll(): Promise<void> {
    cancelSigning = null
    const tenants = [...unsigned]
    unsigned.clear()
    for (const name of tenants)
      await seals.sign(name).catch((error: unknown) => log.warn('audit.unsigned', { reason: messageOf(error) }))
  }

  const record: AuditTrail['record'] = async (entry) => {
    try {
      await store.write({ changes: [], audit: [{ ...entry, at: clock.now() }] })
      unsigned.add(entry.tenant)
      cancelSigning ??= clock.after(signAfterMs, () => void signAll())
    } catch (error) {
      log.error('audit.lost', { action: entry.action, by: entry.by, subject: entry.subject, reason: messageOf(error) })
    }
  }

  return {
    record,
    refused({ by, from, code, right }) {
      const now = clock.now()
      if (now - refusals.since >= minute) Object.assign(refusals, { since: now, told: 0 })
      if (refusals.told >= mostRefusals) {
        refusals.untold += 1
        return
      }
      refusals.told += 1
      const details = { code, before: refusals.untold }
      refusals.untold = 0
      void record({ tenant, by, from, action: 'access.refused', subject: right, outcome: 'refused', details })
    },
    async verify(name) {
      const broken = await store.verifyAudit(name)
      const head = await store.auditHead(name)
      const { brokenAt, signedTo } = await seals.judge(name, head)
      return { brokenAt: broken ?? brokenAt, head, signedTo }
    },
    async close() {
      cancelSigning?.()
      await signAll()
    },
  }
}

/** A head of the log in the vault's hand: who rewrites the log with all its hashes, or cuts it off, cannot make that. */
function headSeals(store: Store, vault: ManagedVault) {
  const key = (tenant: string) => ({ tenant, kind: 'audit-head', id: 'signed' })
  const textOf = (tenant: string, { number, hash }: AuditHead): string => `audit\n${tenant}\n${number}\n${hash}`
  return {
    async sign(tenant: string): Promise<void> {
      const head = await store.auditHead(tenant)
      const signature = head === null ? null : await vault.sign(textOf(tenant, head))
      if (signature === null) return
      const before = await store.get(key(tenant))
      const body = JSON.stringify({ ...head, signature })
      await store.write({ changes: [{ ...key(tenant), expect: before?.version ?? null, body }] })
    },
    async judge(tenant: string, head: AuditHead | null): Promise<Pick<AuditVerdict, 'brokenAt' | 'signedTo'>> {
      const signed = readSigned(await store.get(key(tenant)))
      if (signed === null) return { brokenAt: null, signedTo: null }
      const { number } = signed
      try {
        if ((await vault.sign(textOf(tenant, signed))) !== signed.signature) return { brokenAt: number, signedTo: null }
      } catch (error) {
        if (TenonError.is(error, 'VAULT_LOCKED')) return { brokenAt: null, signedTo: null }
        throw error
      }
      if (number > (head?.number ?? 0)) return { brokenAt: (head?.number ?? 0) + 1, signedTo: number }
      const isSame = (await store.auditHash(tenant, number)) === signed.hash
      return { brokenAt: isSame ? null : number, signedTo: number }
    },
  }
}

function readSigned(document: StoredDocument | null): (AuditHead & { readonly signature: string }) | null {
  const value = document === null ? null : parseJson(document.body)
  return isObject(value) ? (value as unknown as AuditHead & { readonly signature: string }) : null
}
