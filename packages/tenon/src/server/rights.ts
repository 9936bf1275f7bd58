/** What callers of the management API can be allowed, each in plain words. */
const meanings = {
  'runs:read': 'look at runs',
  'runs:write': 'start and steer runs',
  'flows:read': 'look at flows',
  'flows:write': 'pause and resume flows',
  'connections:read': 'see which accounts are connected, and how they are',
  'connections:write': 'connect, test and remove accounts',
  'budgets:read': 'see what is used of the limits of upstream APIs',
  'simulators:read': 'look into simulators',
  'simulators:write': 'make events and faults happen in simulators',
  'journal:read': 'read what living runs have done, for a check before a deploy',
  'status:read': 'see what the server is doing',
  'vault:write': 'rotate the master key and erase tenants',
  'tenants:read': 'see on which database each tenant lives',
  'tenants:write': 'place and move tenants',
  'audit:read': 'read the audit log',
  session: 'see and end the own session',
  'sign-in-links:write': 'let a person sign in',
} as const

export type Right = keyof typeof meanings

export const rightMeanings: Readonly<Record<Right, string>> = meanings

/**
 * What a route asks of its caller. `public`: nothing, it tells nothing about this installation and changes nothing by itself. `webhook`: a signature as the provider
 * makes it, judged over the body by the route itself. Else a right.
 */
export type RouteRight = 'public' | 'webhook' | Right

export type CallerKind = 'token' | 'session'

const everything = Object.keys(meanings) as readonly Right[]

export const routeRights: ReadonlySet<RouteRight> = new Set<RouteRight>(['public', 'webhook', ...everything])

/** The operator's alone: they let others in, or are about tenants that a person who signed in does not find. */
const ofOperator: ReadonlySet<Right> = new Set<Right>(['sign-in-links:write', 'tenants:read', 'tenants:write'])

/** Who holds what: the token of the data folder holds everything. */
export const rightsOf: Readonly<Record<CallerKind, ReadonlySet<Right>>> = {
  token: new Set(everything),
  session: new Set(everything.filter((right) => !ofOperator.has(right))),
}

/** Who asks, once that is proved. */
export interface Caller {
  readonly kind: CallerKind
  /** A person's name, for the record. */
  readonly by: string
  /** Whose runs they see. */
  readonly tenant: string
  readonly rights: ReadonlySet<Right>
  /** When the session ends if nothing is done, in milliseconds since the epoch; `null` for the token. */
  readonly expiresAt: number | null
  /** Value of the session's cookie; `null` for the token. */
  readonly session: string | null
}
