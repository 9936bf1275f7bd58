import type { PolicyDefinition } from '../policy.ts'

/** Calls of an account stay below what its provider takes, in order of priority and in turns between tenants. */
export const policy: PolicyDefinition = {
  stage: 'rate',
  open({ tenant, connector, connection, credentials, budgets, options: { limits = {} } }) {
    if (limits === false) return null
    const account = budgets.open({ tenant, connector, connection, credentials, limits })
    return {
      admit: (call) => account.admit(call),
      settled: (call, end) => account.settled(call, end),
    }
  },
}
