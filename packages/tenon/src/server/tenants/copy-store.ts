import { TenonError } from '../../base/errors.ts'
import { underFence } from '../../postgres/fence.ts'
import { tenantDocuments, type TenantDocument } from '../../store/tenant-documents.ts'
import type { Ends } from './copy.ts'

/** What the target does not have of the audit log, which only grows. */
export async function copyEntries({ source, target, move }: Ends): Promise<void> {
  const { tenant } = move
  for (;;) {
    const after = (await tenantDocuments.head(target, tenant))?.number ?? 0
    const entries = await tenantDocuments.entries(source, tenant, after)
    if (entries.length === 0) return
    await underFence(target, move, (session) => tenantDocuments.putEntries(session, tenant, entries))
  }
}

/** All of its documents at once: they are few. */
export async function copyDocuments({ source, target, move }: Ends): Promise<void> {
  const { tenant } = move
  await underFence(target, move, async (session) => {
    await tenantDocuments.hold(session)
    await tenantDocuments.removeDocuments(session, tenant)
    let last: TenantDocument | undefined
    for (;;) {
      const documents = await tenantDocuments.documents(source, tenant, last)
      if (documents.length === 0) return
      await tenantDocuments.putDocuments(session, tenant, documents)
      last = documents.at(-1)
    }
  })
}

export async function requireSameStore({ source, target, move }: Ends): Promise<void> {
  const { tenant } = move
  const [one, other] = [await tenantDocuments.digest(source, tenant), await tenantDocuments.digest(target, tenant)]
  if (one.sum === other.sum && one.documents === other.documents && one.entries === other.entries) return
  throw new TenonError(
    'DATABASE_UNUSABLE',
    `${target.name} does not hold of ${tenant} what ${source.name} holds: ${one.documents} and ${other.documents} documents, ${one.entries} and ${other.entries} audit entries`,
  )
}
