import { atMost, type Clock } from '../base/clock.ts'
import type { AuthScheme, ClientCertificate } from '../connection/auth-scheme.ts'
import { authenticate } from '../connection/authentication.ts'
import { parseBaseUrl } from '../connection/base-url.ts'
import type { ResolvedConnection } from '../connection/connection.ts'
import type { Purpose } from '../connection/reach.ts'
import type { TokenShelf } from '../connection/token-shelf.ts'
import type { AnswerParts, RequestParts } from '../definition/operation.ts'
import { mergedPolicies, type PolicyOptions } from '../definition/policy.ts'
import { guardedFetch } from '../outbound/fetch.ts'
import type { Transport } from '../outbound/outbound.ts'
import { openPipeline, type Pipeline } from '../outbound/pipeline.ts'
import type { PolicyContext, PolicyDefinition } from '../outbound/policy.ts'
import type { RenewalMeter } from '../telemetry/meter.ts'
import { partsOf, readAnswer } from './answer.ts'
import type { Line } from './plan.ts'
import { writeParts } from './request.ts'

const loginTimeoutMs = 30_000
const maxLoginBytes = 1024 * 1024
/** With what runs are given to end, an orchestrator that kills after 30 s leaves that much. */
const closingAtMostMs = 10_000

/** What the pipelines of all connections are made of. */
export interface PipelineParts {
  readonly policies: readonly PolicyDefinition[]
  readonly budgets: PolicyContext['budgets']
  readonly others: PolicyContext['others']
  readonly leases: PolicyContext['leases']
  readonly random: () => number
  /** The app's, for a connector. */
  readonly optionsOf: (connector: string) => PolicyOptions | undefined
  readonly shared: PolicyContext['shared']
}

export interface LineOptions {
  readonly connection: ResolvedConnection
  readonly scheme: AuthScheme
  /** With the certificate by which the connection shows itself, where it has one. */
  readonly openTransport: (tls: ClientCertificate | undefined, purpose: Purpose) => Transport
  readonly clock: Clock
  readonly pipeline: PipelineParts
  /** Where its tokens lie; `null`: in memory. */
  readonly shelf: TokenShelf | null
  readonly meter: RenewalMeter
  readonly onSecret?: (secret: string) => void
}

/** Opens a connection: its transport, and its credentials at work. */
export function openLine(options: LineOptions): Line {
  const { connection, scheme, openTransport, clock, pipeline, shelf, meter, onSecret } = options
  const what = `connection ${connection.connector.name}/${connection.name}`
  const base = parseBaseUrl(connection.baseUrl, what)

  // The certificate is known once the credentials are opened, and nothing is sent before.
  const opened = new Map<Purpose, Transport>()
  const transportTo = (purpose: Purpose): Transport => {
    let transport = opened.get(purpose)
    if (transport === undefined) opened.set(purpose, (transport = openTransport(authentication.tls, purpose)))
    return transport
  }

  async function send(parts: RequestParts): Promise<AnswerParts> {
    const written = writeParts({ what: `the login of ${what}`, base, form: 'json', headers: loginHeaders }, parts)
    const limits = { timeoutMs: loginTimeoutMs, maxAnswerBytes: maxLoginBytes, signal: null }
    return partsOf(
      readAnswer(await transportTo('calls').send({ origin: base.origin, method: 'POST', ...written, ...limits })),
    )
  }

  const tokens: Pick<Transport, 'send'> = { send: (request) => transportTo('tokens').send(request) }
  const fetch = guardedFetch(tokens, {
    timeoutMs: loginTimeoutMs,
    maxAnswerBytes: maxLoginBytes,
    ...(connection.simulated && { standIn: base.origin }),
  })

  const authentication = authenticate({
    connection,
    scheme,
    clock,
    send,
    fetch,
    meter,
    random: pipeline.random,
    ...(shelf && { shelf }),
    ...(onSecret && { onSecret }),
  })
  return {
    connection,
    base,
    transport: transportTo('calls'),
    pipeline: pipelineOf(connection, base.origin, clock, pipeline),
    authentication,
    async close() {
      // A login in memory may be broken off. Where tokens are kept, a provider may have put a new refresh token in the place of ours already: its answer is waited for.
      if (shelf !== null) await atMost(clock, closingAtMostMs, authentication.settled())
      await Promise.all([...opened.values()].map((transport) => transport.close()))
    },
  }
}

function pipelineOf(
  { tenant, connector, name, credentials, policies }: ResolvedConnection,
  origin: string,
  clock: Clock,
  { policies: definitions, optionsOf, ...parts }: PipelineParts,
): Pipeline {
  const options = mergedPolicies(connector.options.policies, optionsOf(connector.name), policies)
  const about = { tenant, connector: connector.name, connection: name, origin, credentials }
  return openPipeline(definitions, { clock, ...parts, ...about, options })
}

const loginHeaders: readonly string[] = [
  'accept',
  'application/json',
  'accept-encoding',
  'identity',
  'user-agent',
  'tenon',
]
