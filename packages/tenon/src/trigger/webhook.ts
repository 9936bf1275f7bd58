import { durationMs } from '../base/duration.ts'
import { TenonError } from '../base/errors.ts'
import { contentHash, requireId } from '../base/ids.ts'
import { validate } from '../base/schema.ts'
import type { ResolvedConnection } from '../connection/connection.ts'
import type { Connector, WebhookOptions } from '../definition/connector.ts'
import type { ReceivedEvent } from '../definition/event.ts'
import type { RawRequest } from '../definition/verifier.ts'
import type { AcceptReceipt } from '../engine/engine.ts'
import { parseBody } from './body.ts'
import type { TriggerContext } from './trigger.ts'

const defaultDedupe = '30d'
const mostEvents = 1000

export interface WebhookAnswer {
  readonly status: number
  readonly body: string
  readonly isJson?: boolean
}

/** Events, or what a request that brings none asks to hear. */
export type Opened = { readonly events: readonly ReceivedEvent[] } | { readonly reply: WebhookAnswer }

/** A place where one account's events arrive. */
export interface Webhook extends Receiver {
  readonly path: string
}

export interface Receiver {
  readonly tenant: string
  readonly connector: string
  readonly connection: string
  /** How requests are verified, for the list at start. */
  readonly verification: string
  /** Anybody may send: nothing proves who it was. */
  readonly isUnverified: boolean
  readonly takesHandshake: boolean
  /** Whose connection it is at the provider, `null` where that is not known. */
  readonly account: string | null
  /** The same for receivers whose requests are proved by the same secrets. */
  readonly proof: string
  /** Throws or rejects with what is wrong with a request that is none of its. */
  verify(request: RawRequest): void | Promise<void>
  /** What is in a request that is proved. Throws `INPUT_INVALID`. */
  open(request: RawRequest): Opened
  /** Takes events that are all its own. */
  take(events: readonly ReceivedEvent[]): Promise<WebhookAnswer>
  /** Resolves when everything in the request is durable. Rejects with what is wrong, and then nothing that is wrong has started anything. */
  receive(request: RawRequest): Promise<WebhookAnswer>
  handshake(request: RawRequest): WebhookAnswer
  /** Takes in one event as if a genuine request had brought it; `null` where no flow starts from or waits for its type. */
  accept(event: ReceivedEvent): Promise<AcceptReceipt> | null
}

/** Takes what arrives for one account; `types` are those that some flow uses. */
export function createReceiver(
  connection: ResolvedConnection,
  types: ReadonlySet<string>,
  context: TriggerContext,
): Receiver {
  const { tenant, connector, name } = connection
  const { webhooks } = connector.options
  if (webhooks === undefined)
    throw new TenonError('APP_INVALID', `the connector ${connector.name} declares no webhooks`)
  const credentials = webhookCredentials(connection, webhooks)
  const route: Route = {
    ...context,
    tenant,
    connector,
    webhooks,
    connection: name,
    types,
    // Two accounts may number their events alike.
    trigger: name === 'main' ? connector.name : `${connector.name}@${name}`,
    source: `/hooks/${connector.name}/${tenant === context.tenant ? '' : `${tenant}/`}${name}`,
    dedupeMs: durationMs(webhooks.dedupe ?? defaultDedupe, 'webhooks.dedupe'),
    answer: { status: webhooks.status ?? 200, body: '' },
    secrets: webhooks.verify.field === null ? null : secretsIn(credentials[webhooks.verify.field]),
  }
  return {
    tenant,
    connector: connector.name,
    connection: name,
    verification: webhooks.verify.describe,
    isUnverified: webhooks.verify.isUnverified === true,
    takesHandshake: webhooks.handshake !== undefined,
    account: connection.account ?? null,
    proof: contentHash((route.secrets ?? []).join(' ')),
    verify: (request) => verify(route, request),
    open: (request) => open(route, request),
    take: (events) => take(route, events),
    receive(request) {
      try {
        const verifying = verify(route, request)
        return verifying === undefined ? receive(route, request) : verifying.then(() => receive(route, request))
      } catch (error) {
        return Promise.reject(error)
      }
    },
    handshake: (request) => answerHandshake(webhooks, request, credentials),
    accept: (event) => accept(route, event),
  }
}

interface Route extends TriggerContext {
  readonly connector: Connector
  readonly webhooks: WebhookOptions
  readonly connection: string
  readonly types: ReadonlySet<string>
  readonly trigger: string
  readonly source: string
  readonly dedupeMs: number
  readonly answer: WebhookAnswer
  /** `null` where the provider signs nothing. */
  readonly secrets: readonly string[] | null
}

/** What a receiver needs of the account's credentials, and nothing else. */
function webhookCredentials(
  { credentials }: ResolvedConnection,
  { verify, fields }: WebhookOptions,
): Readonly<Record<string, string>> {
  const wanted = [...(verify.field === null ? [] : [verify.field]), ...(fields ?? [])]
  return Object.fromEntries(
    wanted.flatMap((field) => (credentials[field] === undefined ? [] : [[field, credentials[field].reveal()]])),
  )
}

/** Over the received bytes, before anything looks into them. A missing secret refuses everyone. */
function verify({ webhooks, secrets, connector, clock, outside }: Route, request: RawRequest): void | Promise<void> {
  if (secrets?.length === 0)
    throw new TenonError(
      'SIGNATURE_INVALID',
      `the connection of ${connector.name} has no ${webhooks.verify.field} to verify with`,
    )
  return webhooks.verify.verify(request, secrets ?? [], clock.now(), outside)
}

/** Several, separated by blanks, while a secret is being replaced. */
function secretsIn(value: string | undefined): readonly string[] {
  return (value ?? '').split(/\s+/).filter((part) => part !== '')
}

function receive(route: Route, request: RawRequest): Promise<WebhookAnswer> {
  const opened = open(route, request)
  return 'reply' in opened ? Promise.resolve(opened.reply) : take(route, opened.events)
}

function open(route: Route, request: RawRequest): Opened {
  const body = parseBody(request.headers['content-type'], request.body)
  const reply = route.webhooks.reply?.(body) ?? null
  return reply === null ? { events: read(route, body, request) } : { reply: { status: 200, body: reply } }
}

function take(route: Route, events: readonly ReceivedEvent[]): Promise<WebhookAnswer> {
  const [only] = events
  // The usual case is one event: no array of promises for it.
  return events.length === 1 && only !== undefined ? takeOne(route, only) : takeSeveral(route, events)
}

function read({ connector, webhooks }: Route, body: unknown, request: RawRequest): readonly ReceivedEvent[] {
  let events: readonly ReceivedEvent[]
  try {
    events = webhooks.read(body, request)
  } catch (error) {
    // The connector's reader walks into a body that is not what it expects.
    throw new TenonError('INPUT_INVALID', `the body is not a webhook of ${connector.name}`, { cause: error })
  }
  if (events.length > mostEvents) throw new TenonError('INPUT_INVALID', `more than ${mostEvents} events in one request`)
  return events
}

function takeOne(route: Route, received: ReceivedEvent): Promise<WebhookAnswer> {
  const accepting = accept(route, received)
  if (accepting === null) return Promise.resolve(route.answer)
  return accepting.then((receipt) => {
    took(route, receipt)
    return route.answer
  })
}

/** All that are good are durable before the answer, also when one is not: the sender comes again, and what was taken is known by its id. */
async function takeSeveral(route: Route, events: readonly ReceivedEvent[]): Promise<WebhookAnswer> {
  const outcomes = await Promise.allSettled(
    events.map(async (event) => {
      const receipt = await accept(route, event)
      if (receipt !== null) took(route, receipt)
    }),
  )
  const problems = outcomes.flatMap((outcome) => (outcome.status === 'rejected' ? [outcome.reason as unknown] : []))
  const unknown = problems.filter((problem) => TenonError.is(problem, 'EVENT_UNKNOWN'))
  const serious = problems.find((problem) => !TenonError.is(problem, 'EVENT_UNKNOWN'))
  if (serious !== undefined) throw serious
  // Beside events that were taken, a kind that is not known would make the sender repeat them for ever.
  if (unknown.length > 0 && unknown.length === events.length) throw unknown[0]
  for (const { message } of unknown as Error[])
    route.log.warn('event.ignored', { connector: route.connector.name, reason: message })
  return route.answer
}

function accept(route: Route, received: ReceivedEvent): Promise<AcceptReceipt> | null {
  const { connector, types, clock } = route
  const declared = Object.hasOwn(connector.options.events ?? {}, received.type)
    ? connector.options.events?.[received.type]
    : undefined
  if (declared === undefined) throw new TenonError('EVENT_UNKNOWN', `${connector.name} declares no event of that type`)
  // No flow starts from it and none waits for it: there is nothing to keep.
  if (!types.has(received.type)) {
    route.meter?.eventTaken(connector.name, 'ignored')
    return null
  }
  return route.engine.accept({
    tenant: route.tenant,
    trigger: route.trigger,
    id: requireId(received.id, 'event id'),
    type: `${connector.name}/${received.type}`,
    source: route.source,
    timeMs: received.timeMs ?? clock.now(),
    data: validate(declared.data as never, received.data, `${connector.name} event`),
    dedupeMs: route.dedupeMs,
    connection: route.connection,
  })
}

function took({ meter, connector }: Route, { duplicate }: AcceptReceipt): void {
  meter?.eventTaken(connector.name, duplicate ? 'duplicate' : 'accepted')
}

function answerHandshake(
  { handshake, handshakeForm }: WebhookOptions,
  request: RawRequest,
  credentials: Readonly<Record<string, string>>,
): WebhookAnswer {
  const body = handshake?.(request, credentials) ?? null
  if (body === null) throw new TenonError('FORBIDDEN', 'the set-up request does not carry the right token')
  return { status: 200, body, isJson: handshakeForm === 'json' }
}
