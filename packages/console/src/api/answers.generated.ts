// Made by scripts/console-answers.ts from the description of the management API. Not written by hand.

/** Who did what, when, from where, with what outcome. */
interface AuditEntry {
  readonly number: number
  readonly tenant: string
  /** Milliseconds since the epoch. */
  readonly at: number
  readonly by: string
  readonly action: string
  readonly subject: string
  readonly outcome: "done" | "refused" | "failed"
  readonly from?: string
  readonly details?: Readonly<Record<string, string | number | boolean | null>>
}

/** One limit of one account, or of the app, and how it stands. */
interface Budget {
  readonly connector: string
  /** null for a limit that all accounts of the app share. */
  readonly connection: string | null
  /** Name of the declared limit; null for what answers alone told. */
  readonly limit: string | null
  /** At most so many in perMs; points, where operations cost some. */
  readonly requests: number | null
  readonly perMs: number | null
  /** Taken in the last windowMs. */
  readonly used: number | null
  readonly windowMs: number | null
  /** What may be taken in windowMs. */
  readonly allowed: number | null
  /** Who used it in the last windowMs, the most first. */
  readonly flows: readonly ({
    /** null for calls outside flows. */
    readonly flow: string | null
    readonly used: number
  })[]
  /** What answers of the provider told of it. */
  readonly learnt: readonly ({
    readonly name: string
    readonly remaining: number
    readonly quota: number | null
    /** Milliseconds since the epoch. */
    readonly resetsAt: number
  })[]
  /** Nothing goes before: the provider asked for it. */
  readonly pausedUntil: number | null
  /** Calls that wait for their turn. */
  readonly waiting: number
  /** Steps that rest until their turn. */
  readonly postponed: number
  /** When all of these have had their turn, at this rate. */
  readonly doneAt: number | null
}

/** How an account of a connector is connected. */
interface ConnectForm {
  readonly connector: string
  /** As people know it. */
  readonly title: string
  readonly description: string | null
  readonly scheme: string
  /** How an account is connected; the first is the usual one. */
  readonly ways: readonly ("fields" | "browser" | "device")[]
  readonly baseUrl: string
  /** A stand-in answers, not the provider. */
  readonly simulated: boolean
  /** What a person is asked for. */
  readonly fields: readonly ({
    readonly name: string
    readonly label: string
    readonly secret: boolean
    readonly required: boolean
    /** Text of several lines, in PEM. */
    readonly pem: boolean
  })[]
}

/** One account that is connected. Never a secret. */
interface Connection {
  readonly tenant: string
  readonly connector: string
  readonly name: string
  /** `stored`: connected while the app runs. `app`: written in code. `simulated`: a stand-in. */
  readonly origin: "stored" | "app" | "simulated"
  /** How it authenticates. */
  readonly scheme: string
  readonly baseUrl: string
  /** Those that are not secret. */
  readonly fields: Readonly<Record<string, string>>
  /** Which secret fields are set. Never what they hold. */
  readonly secrets: readonly (string)[]
  /** What was granted. */
  readonly scopes: readonly (string)[]
  readonly account: RemoteAccount | null
  readonly state: "healthy" | "expiring" | "needs-authorisation" | "revoked"
  /** Why it is not healthy, and what to do. */
  readonly cause: string | null
  /** The provider did not answer when it was to be tried: nobody knows yet whether it works. */
  readonly untried: {
    /** Milliseconds since the epoch. */
    readonly since: number
    readonly cause: string
  } | null
  readonly expiresAt: number | null
  readonly lastUsedAt: number | null
  readonly createdAt: number | null
  readonly createdBy: string | null
  readonly updatedAt: number | null
}

/** An account, as its provider names it. */
interface RemoteAccount {
  readonly id: string
  readonly name: string
}

/** What a try of a connection showed. */
interface ConnectionTest {
  readonly outcome: "works" | "refused" | "unreachable" | "untested"
  readonly account: RemoteAccount | null
  /** In plain words. */
  readonly message: string
  readonly code: string | null
}

/** A consent, and where the person goes for it. */
interface BegunConsent {
  readonly consent: string
  readonly connector: string
  readonly name: string
  readonly way: "browser" | "device"
  /** `account-changed`: another account than before; it waits for a confirmation. */
  readonly state: "pending" | "taken" | "account-changed" | "connected" | "failed"
  readonly problem: {
    readonly code: string
    readonly message: string
  } | null
  readonly accounts: {
    readonly before: RemoteAccount | null
    readonly now: RemoteAccount | null
  } | null
  /** Milliseconds since the epoch. */
  readonly expiresAt: number
  /** Where the person goes. */
  readonly url: string
  /** What they type there; for a device. */
  readonly code: string | null
}

/** A consent that somebody is asked for at a provider. */
interface Consent {
  readonly consent: string
  readonly connector: string
  readonly name: string
  readonly way: "browser" | "device"
  /** `account-changed`: another account than before; it waits for a confirmation. */
  readonly state: "pending" | "taken" | "account-changed" | "connected" | "failed"
  readonly problem: {
    readonly code: string
    readonly message: string
  } | null
  readonly accounts: {
    readonly before: RemoteAccount | null
    readonly now: RemoteAccount | null
  } | null
  /** Milliseconds since the epoch. */
  readonly expiresAt: number
}

/** One flow. */
interface FlowSummary {
  readonly name: string
  readonly versions: readonly (number)[]
  readonly description: string | null
  readonly trigger: TriggerView
  /** The only systems its runs may call. */
  readonly uses: readonly ({
    readonly alias: string
    readonly connector: string
  })[]
  readonly waits: readonly ({
    readonly name: string
    readonly source: string
  })[]
  /** True where runs with one key go one at a time. */
  readonly keyed: boolean
  readonly concurrency: number | null
  /** Events are taken, and their runs wait. */
  readonly paused: boolean
  readonly counts: RunCounts
}

/** What starts the runs of a flow. */
interface TriggerView {
  readonly kind: "event" | "schedule" | "manual"
  readonly connector?: string
  readonly type?: string
  readonly cron?: string
  readonly timeZone?: string
  /** When a schedule comes next. */
  readonly nextAt?: number | null
  /** In plain words. */
  readonly text: string
}

/** Runs by status. */
interface RunCounts {
  readonly ready: number
  readonly queued: number
  readonly waiting: number
  readonly parked: number
  readonly completed: number
  readonly failed: number
  readonly cancelled: number
}

/** One flow, what starts it, and what its runs did. */
interface FlowDetail {
  readonly name: string
  readonly versions: readonly (number)[]
  readonly description: string | null
  readonly trigger: TriggerView
  /** The only systems its runs may call. */
  readonly uses: readonly ({
    readonly alias: string
    readonly connector: string
  })[]
  readonly waits: readonly ({
    readonly name: string
    readonly source: string
  })[]
  /** True where runs with one key go one at a time. */
  readonly keyed: boolean
  readonly concurrency: number | null
  /** Events are taken, and their runs wait. */
  readonly paused: boolean
  readonly counts: RunCounts
  /** JSON Schema of the event's data, or of the input. */
  readonly schema: Readonly<Record<string, unknown>> | null
  /** An example of these; null where there is none. */
  readonly sample: unknown
  readonly picture: FlowPicture
  readonly recent: readonly (RunSummary)[]
}

/** What runs of a flow really did. */
interface FlowPicture {
  /** How many of the latest it was learnt from. */
  readonly runs: number
  readonly nodes: readonly ({
    readonly step: string
    readonly kind: "call" | "run" | "sleep" | "wait" | "child" | "child-result"
    readonly isUndo: boolean
    readonly seen: number
    readonly failed: number
    readonly p50Ms: number | null
    readonly alias: string | null
    readonly operation: string | null
  })[]
  /** null is the start, or the end; parallel steps share where they come from. */
  readonly edges: readonly ({
    readonly from: string | null
    readonly to: string | null
    readonly seen: number
  })[]
}

/** One run. */
interface RunSummary {
  readonly run: string
  readonly flow: string
  readonly version: number
  readonly status: RunStatus
  readonly key: string | null
  /** Milliseconds since the epoch. */
  readonly createdAt: number
  /** Milliseconds since the epoch. */
  readonly updatedAt: number
  readonly endedAt: number | null
  /** When it goes on at the latest, for a run that waits. */
  readonly wakeAt: number | null
  /** Error code of a failed or parked run. */
  readonly code: string | null
  /** The step that started it. */
  readonly parent: {
    readonly run: string
    readonly step: string
  } | null
  /** The run that this one was started anew from. */
  readonly linked: string | null
  /** In progress at the moment, not only in the journal. */
  readonly inMemory: boolean
}

/** ready: may go on now. queued: behind another run with its key. waiting: for a timer, an event or another run. parked: needs a person. The last three are ends. */
type RunStatus = "ready" | "queued" | "waiting" | "parked" | "completed" | "failed" | "cancelled"

/** The nodes that share a database, and who holds what. */
interface Cluster {
  /** Milliseconds since the epoch, by the database. */
  readonly at: number
  /** Into how many parts runs are divided. */
  readonly partitions: number
  /** Those of them that no node holds at the moment. */
  readonly unheld: number
  /** In the order in which they joined. */
  readonly nodes: readonly (Node)[]
}

/** One of the nodes that share a database. */
interface Node {
  readonly id: string
  /** The machine's name and the number of the process. */
  readonly name: string
  readonly version: string
  /** It is the one that answers. */
  readonly isThis: boolean
  /** Milliseconds since the epoch, by the database. */
  readonly joinedAt: number
  /** Of the latest sign of life. */
  readonly seenAt: number
  /** Without another sign of life its work is taken over then. */
  readonly heldUntil: number
  /** It gives its work to the others, and is about to end. */
  readonly isLeaving: boolean
  readonly partitions: number
  /** Runs of its partitions that may go on; counted up to 10,000. */
  readonly ready: number
  /** Runs of its partitions that wait for a time, or at most until one; counted up to 10,000. */
  readonly waiting: number
  /** What it wrote to the journal, as it said with its latest sign of life. */
  readonly figures: {
    readonly batches: number
    readonly writes: number
    /** Of all batches together, from asking to the answer. */
    readonly commitMs: number
    /** The same of the last half minute. */
    readonly latest: {
      readonly batches: number
      readonly writes: number
      /** Of all batches together, from asking to the answer. */
      readonly commitMs: number
    }
  }
}

/** The story of one run, what stands around it, and what may be done about it. */
interface RunDetail {
  readonly run: string
  readonly flow: string
  readonly version: number
  readonly status: RunStatus
  readonly key: string | null
  /** Milliseconds since the epoch. */
  readonly createdAt: number
  /** Milliseconds since the epoch. */
  readonly updatedAt: number
  readonly endedAt: number | null
  /** When it goes on at the latest, for a run that waits. */
  readonly wakeAt: number | null
  /** Error code of a failed or parked run. */
  readonly code: string | null
  /** The step that started it. */
  readonly parent: {
    readonly run: string
    readonly step: string
  } | null
  /** The run that this one was started anew from. */
  readonly linked: string | null
  /** In progress at the moment, not only in the journal. */
  readonly inMemory: boolean
  /** The event that started it. */
  readonly event: {
    readonly id: string
    readonly type: string
    /** Milliseconds since the epoch. */
    readonly at: number
    readonly source: string
    readonly data?: unknown
  } | null
  /** What it was started with, by hand or by another run. */
  readonly input?: unknown
  readonly steps: readonly (StepView)[]
  /** False where the code no longer fits this run, or where it would end the process again: inputs from there on are not known. */
  readonly inputsFit: boolean
  readonly output?: unknown
  readonly error: ErrorView | null
  /** What it waits for, in plain words. */
  readonly waitsFor: string | null
  readonly undo: "none" | "begun" | "done"
  /** The run that holds the key, for one that is queued. */
  readonly ahead: string | null
  /** The first runs that wait for its key. */
  readonly behind: readonly ({
    readonly run: string
    /** Milliseconds since the epoch. */
    readonly createdAt: number
  })[]
  /** All of these, counted up to 10,000. */
  readonly behindCount: number
  readonly children: readonly ({
    readonly run: string
    readonly flow: string
    readonly status: RunStatus
    readonly step: string
  })[]
  /** What its state allows now. */
  readonly actions: readonly ("retry" | "anew" | "cancel" | "signal" | "decide")[]
  /** Steps that wait for a decision. */
  readonly unknownSteps: readonly (string)[]
  /** Names that it would take a signal by; those that it waits for come first. */
  readonly signals: readonly (string)[]
}

/** One step of a run, with its tries. */
interface StepView {
  readonly name: string
  readonly kind: "call" | "run" | "sleep" | "wait" | "child" | "child-result"
  /** True for steps that take back earlier ones. */
  readonly isUndo: boolean
  readonly state: "running" | "waiting" | "completed" | "failed" | "unknown"
  /** Milliseconds since the epoch. */
  readonly startedAt: number
  readonly endedAt: number | null
  readonly attempts: readonly (AttemptView)[]
  /** It waits for its turn, such as for a limit of the provider; that is no try. */
  readonly postponed: {
    readonly reason: ErrorView
    /** Milliseconds since the epoch. */
    readonly until: number
  } | null
  /** What a person decided of its unknown outcome. */
  readonly decision: DecisionView | null
  /** What the code as it is now gives it, where that is known. */
  readonly input?: unknown
  readonly result?: unknown
  readonly error: ErrorView | null
}

/** One try of a step. */
interface AttemptView {
  readonly number: number
  /** Milliseconds since the epoch. */
  readonly startedAt: number
  readonly endedAt: number | null
  readonly error: ErrorView | null
  readonly retryAt: number | null
}

/** What went wrong, with its stable code. */
interface ErrorView {
  readonly name: string
  readonly code: string
  readonly message: string
}

/** What a person decided of a step whose outcome was unknown. */
interface DecisionView {
  readonly kind: "happened" | "did-not-happen" | "retry"
  readonly by: string
  /** Milliseconds since the epoch. */
  readonly at: number
}

/** What one try of a call sent and got, without secrets. */
interface Exchange {
  readonly step: string
  readonly attempt: number
  /** When it left. */
  readonly at: number
  /** Until the answer was there. */
  readonly tookMs: number | null
  readonly request: {
    readonly method: string
    readonly url: string
    /** Secrets in them read [secret]. */
    readonly headers: Readonly<Record<string, string>>
    /** As text; null where there was none, or it is not text. */
    readonly body: string | null
    /** True where the body is longer than what is kept. */
    readonly truncated: boolean
  }
  readonly answer: {
    readonly status: number
    /** Secrets in them read [secret]. */
    readonly headers: Readonly<Record<string, string>>
    /** As text; null where there was none, or it is not text. */
    readonly body: string | null
    /** True where the body is longer than what is kept. */
    readonly truncated: boolean
  } | null
  /** What the try failed by. */
  readonly error: ErrorView | null
}

/** Who asks, and what they may do. */
interface Session {
  readonly by: string
  readonly tenant: string
  readonly rights: readonly (string)[]
  /** When it ends if nothing more is done, in milliseconds since the epoch; null for the token. */
  readonly expiresAt: number | null
}

/** A local stand-in for a provider. */
interface SimulatorSummary {
  readonly connector: string
  readonly baseUrl: string
  /** What can be made to happen. */
  readonly events: readonly (string)[]
  /** Webhooks that were not accepted yet. */
  readonly undelivered: number
  /** True while a fault is set. */
  readonly fault: boolean
}

/** What a simulator holds and has seen. */
interface SimulatorDetail {
  readonly connector: string
  readonly baseUrl: string
  /** What can be made to happen. */
  readonly events: readonly (string)[]
  /** Webhooks that were not accepted yet. */
  readonly undelivered: number
  /** True while a fault is set. */
  readonly fault: boolean
  /** Its objects, by collection and id. */
  readonly state: Readonly<Record<string, Readonly<Record<string, unknown>>>>
  /** Latest first. */
  readonly requests: readonly (SeenRequest)[]
  /** Latest first. */
  readonly deliveries: readonly (Delivery)[]
  readonly samples: readonly ({
    readonly event: string
    readonly input?: unknown
  })[]
  /** What a fault of requests may be set for. */
  readonly operations: readonly (string)[]
  /** Those that are set now. */
  readonly faults: readonly (SetFault)[]
  /** Those that can be set. */
  readonly faultChoices: readonly (FaultChoice)[]
}

/** One request that a simulator saw. */
interface SeenRequest {
  /** Milliseconds since the epoch. */
  readonly at: number
  readonly method: string
  readonly path: string
  readonly operation: string | null
  readonly idempotencyKey: string | null
  readonly bodyHash: string | null
  readonly status: number | null
  readonly fault: string | null
  readonly replayed: boolean
  readonly effect: boolean
}

/** One try to deliver a webhook. */
interface Delivery {
  /** Milliseconds since the epoch. */
  readonly at: number
  readonly event: string
  readonly type: string
  readonly kind: "genuine" | "duplicate" | "forged" | "stale" | "wrong-secret" | "missing"
  /** Where it went. */
  readonly url: string | null
  readonly attempt: number
  readonly status: number | null
  readonly accepted: boolean
  /** When it comes again; null when it does not. */
  readonly nextAt: number | null
}

/** A fault that a simulator plays. */
interface SetFault {
  readonly about: "request" | "webhook"
  readonly kind: string
  /** Operation or event type; of all of them without. */
  readonly of?: string
  readonly next?: number
  readonly probability?: number
  readonly delayMs?: number
  readonly retryAfterS?: number
  /** How many times more; null without end. */
  readonly left: number | null
  /** How many times so far. */
  readonly played: number
}

/** A fault that can be set. */
interface FaultChoice {
  readonly about: "request" | "webhook"
  readonly kind: string
  /** What happens, in plain words. */
  readonly text: string
  /** Options that have a meaning for it. */
  readonly takes?: readonly ("delayMs" | "retryAfterS")[]
  /** True where it stays until it is taken back. */
  readonly stays?: boolean
}

/** What the server is doing, in figures. */
interface Status {
  readonly state: "starting" | "ready" | "draining"
  /** Runs in memory, runs about to be, and when the next waiting run goes on. */
  readonly activity: {
    readonly inProgress: number
    readonly readied: number
    readonly nextWakeAt: number | null
  }
  /** Runs by status. */
  readonly counts: Readonly<Record<RunStatus, number>>
  readonly webhooks: readonly ({
    readonly path: string
    readonly connector: string
    readonly connection: string
    readonly verification: string
  })[]
  readonly version: string
  readonly app: {
    readonly name: string
  }
  /** How many share the database; null for one by itself. */
  readonly nodes: number | null
  /** Where there are several; else empty. */
  readonly databases: readonly ({
    readonly name: string
    /** false: this node is cut off from it, and its tenants wait. */
    readonly isReached: boolean
  })[]
  /** Milliseconds since the epoch. */
  readonly startedAt: number
}

/** One of several databases. */
interface TenantDatabase {
  readonly name: string
  /** It answers. */
  readonly isReached: boolean
  readonly tenants: number
  /** Of its tables of runs and events. */
  readonly bytes: number | null
}

/** A tenant, and the database that it lives on. */
interface Tenant {
  readonly tenant: string
  /** Hosts and database, without user and password. */
  readonly database: string
  /** null where its database does not answer. */
  readonly runs: number | null
  /** About: its share, by runs, of the tables of its database. */
  readonly bytes: number | null
}

/** A tenant on its way from one database to another. */
interface TenantMove {
  readonly tenant: string
  readonly source: string
  readonly target: string
  /** copying: it works where it was. resting: its runs leave memory. closed: nothing is written for it. switched: it lives at the target, and the source is cleared. */
  readonly state: "copying" | "resting" | "closed" | "switched" | "cancelling" | "done" | "cancelled"
  readonly by: string
  /** Milliseconds since the epoch, by the first database. */
  readonly begunAt: number
  /** Milliseconds since the epoch, by the first database. */
  readonly changedAt: number
  readonly progress: {
    /** Which time it is that both sides are compared. */
    readonly pass?: number
    readonly compared?: number
    readonly copied?: number
    /** For how long nothing could be written for it. */
    readonly pausedMs?: number
  }
  /** Of the latest try; it is tried again. */
  readonly problem: string | null
}

/** Whether secrets can be opened, and by which master key. */
interface VaultStatus {
  readonly state: "empty" | "open" | "locked"
  /** Why it is locked, and what to do. */
  readonly cause: string | null
  /** Where the master key comes from. */
  readonly source: string
  /** Id of the master key that wraps now. */
  readonly masterKey: string | null
  /** How many data keys each master key wraps; one that is not named is not used. */
  readonly dataKeys: readonly ({
    readonly masterKey: string
    readonly count: number
  })[]
  readonly rotation: {
    readonly done: number
    readonly total: number
    readonly problem: string | null
  } | null
}

/** RFC 9457 problem details. */
export interface Problem {
  /** The page of the code. */
  readonly type: string
  readonly title: string
  readonly status: number
  readonly code: string
  readonly detail?: string
  /** What is wrong with the input, part by part. */
  readonly errors?: readonly ({
    readonly in: "path" | "query" | "body"
    readonly field: string
    readonly found: string
    readonly expected: string
  })[]
  /** What somebody decided before. */
  readonly decision?: DecisionView
}

/** What each place of the API answers when all went well. */
export interface Answers {
  readonly 'GET /audit': {
    readonly entries: readonly (AuditEntry)[]
    readonly next: number | null
  }
  readonly 'GET /audit/verification': {
    /** The first entry that was changed or is missing; null for none. */
    readonly brokenAt: number | null
    readonly head: {
      readonly number: number
      readonly hash: string
    } | null
    /** Up to which entry the signature of the vault vouches for it. */
    readonly signedTo: number | null
  }
  readonly 'GET /budgets': {
    readonly budgets: readonly (Budget)[]
    /** How many nodes share the limits, and of how many it tells; null for one by itself. */
    readonly nodes: {
      readonly there: number
      readonly told: number
    } | null
  }
  readonly 'POST /connect-links': {
    readonly url: string
    readonly expiresAt: number
  }
  readonly 'GET /connectors': {
    readonly connectors: readonly (ConnectForm)[]
  }
  readonly 'GET /connections': {
    readonly connections: readonly (Connection)[]
  }
  readonly 'GET /connections/{connector}/{name}': Connection
  readonly 'PUT /connections/{connector}/{name}': Connection
  readonly 'DELETE /connections/{connector}/{name}': {
    readonly connector: string
    readonly name: string
  }
  readonly 'POST /connections/{connector}/{name}/test': ConnectionTest
  readonly 'POST /connections/{connector}/{name}/consents': BegunConsent
  readonly 'POST /consents/{consent}/look': Consent
  readonly 'POST /consents/{consent}/confirm': Connection
  readonly 'GET /flows': {
    readonly flows: readonly (FlowSummary)[]
  }
  readonly 'GET /flows/{flow}': FlowDetail
  readonly 'POST /flows/{flow}/pause': {
    readonly flow: string
    readonly paused: boolean
  }
  readonly 'POST /flows/{flow}/resume': {
    readonly flow: string
    readonly paused: boolean
  }
  readonly 'POST /journal/runs': {
    /** Runs, in the order asked for; null where there is none. */
    readonly runs: readonly (unknown)[]
  }
  readonly 'POST /journal/values': {
    /** Values, in the order asked for; null where there is none. */
    readonly values: readonly (unknown)[]
  }
  readonly 'GET /nodes': {
    /** null for a node by itself, with all in its data folder. */
    readonly cluster: Cluster | null
  }
  readonly 'GET /openapi.json': {
    readonly openapi: string
  }
  readonly 'POST /runs/{run}/retry': {
    readonly run: string
  }
  readonly 'POST /runs/{run}/anew': {
    readonly run: string
  }
  readonly 'POST /runs/{run}/cancel': {
    readonly run: string
  }
  readonly 'POST /runs/{run}/signals': {
    readonly run: string
  }
  readonly 'POST /runs/{run}/decisions': {
    readonly run: string
  }
  readonly 'GET /runs': {
    readonly runs: readonly (RunSummary)[]
    readonly next: string | null
  }
  readonly 'POST /runs': {
    readonly run: string
    readonly duplicate: boolean
  }
  readonly 'GET /runs/{run}': RunDetail
  readonly 'GET /runs/{run}/exchanges': {
    readonly exchanges: readonly (Exchange)[]
  }
  readonly 'GET /session': Session
  readonly 'POST /sign-in-links': {
    readonly url: string
    readonly expiresAt: number
  }
  readonly 'GET /simulators': {
    readonly simulators: readonly (SimulatorSummary)[]
  }
  readonly 'GET /simulators/{connector}': SimulatorDetail
  readonly 'POST /simulators/{connector}/events': {
    readonly connector: string
    readonly event: string
    readonly made?: unknown
  }
  readonly 'POST /simulators/{connector}/faults': {
    readonly connector: string
    readonly fault: unknown
  }
  readonly 'DELETE /simulators/{connector}/faults': {
    readonly connector: string
    readonly fault: null
  }
  readonly 'GET /status': Status
  readonly 'GET /tenants': {
    readonly databases: readonly (TenantDatabase)[]
    readonly tenants: readonly (Tenant)[]
  }
  readonly 'POST /tenants/{tenant}/place': Tenant
  readonly 'GET /tenants/{tenant}/move': TenantMove
  readonly 'POST /tenants/{tenant}/move': TenantMove
  readonly 'DELETE /tenants/{tenant}/move': TenantMove
  readonly 'GET /tenants/{tenant}/move-obstacle': {
    readonly obstacle: string | null
  }
  readonly 'GET /vault': VaultStatus
  readonly 'POST /vault/rotations': VaultStatus
  readonly 'POST /vault/tenants/{tenant}/erase': {
    readonly tenant: string
  }
}
