import type { FastifyReply, FastifyRequest } from 'fastify'
import { TenonError } from '../../base/errors.ts'
import type { Webhook } from '../../trigger/webhook.ts'
import { jsonHeaders, textHeaders } from '../answer.ts'
import { errorFrom } from '../problem.ts'
import type { ServerContext } from '../context.ts'
import type { Routes } from '../route.ts'

/** Where providers deliver their webhooks. The places come and go with the connections: they are found at each request. */
export const routes: Routes = [
  {
    method: 'POST',
    path: '/hooks/*',
    right: 'webhook',
    summary: 'Takes events of a connection.',
    answers: { 200: 'text/plain' },
    serve: receive,
  },
  {
    method: 'GET',
    path: '/hooks/*',
    right: 'webhook',
    summary: 'Answers the set-up request of a connection.',
    answers: { 200: 'text/plain' },
    serve: shake,
  },
]

// Answers by callback: a promise that Fastify awaits would cost every event.
function receive(request: FastifyRequest, reply: FastifyReply, context: ServerContext): void {
  const { state, meter, clock } = context
  const webhook = webhookAt(request, context)
  const began = clock.now()
  const fail = (error: unknown): void => {
    meter?.webhookAnswered(webhook.connector, errorFrom(error).code, clock.now() - began)
    void reply.send(error)
  }
  try {
    if (state.current !== 'ready') throw new TenonError('DRAINING', `the server is ${state.current}`)
    refuseBrowser(request)
    refuseEncoded(request)
  } catch (error) {
    return fail(error)
  }
  webhook.receive(context.senders.read(request)).then(({ status, body }) => {
    meter?.webhookAnswered(webhook.connector, '', clock.now() - began)
    void reply.code(status).send(body)
  }, fail)
}

function shake(request: FastifyRequest, reply: FastifyReply, context: ServerContext): void {
  const webhook = webhookAt(request, context)
  if (!webhook.takesHandshake) throw new TenonError('METHOD_NOT_ALLOWED', 'only POST', { details: { allow: ['POST'] } })
  const { status, body, isJson } = webhook.handshake(context.senders.read(request))
  // It echoes what was sent: never let it be read as a page (SEC-12).
  void reply
    .code(status)
    .headers(isJson === true ? jsonHeaders : textHeaders)
    .send(body)
}

/** Throws `NOT_FOUND`. */
function webhookAt({ url }: FastifyRequest, { webhooks }: ServerContext): Webhook {
  const end = url.indexOf('?')
  const webhook = webhooks.at(end < 0 ? url : url.slice(0, end))
  if (webhook === undefined) throw new TenonError('NOT_FOUND', 'no such path')
  return webhook
}

/** No provider is a browser: some page made it send this, to a server that perhaps only this machine can reach (Fetch Metadata §2). */
function refuseBrowser({ headers }: FastifyRequest): void {
  if (headers['sec-fetch-site'] !== undefined) throw new TenonError('FORBIDDEN', 'a browser sent this')
}

/** No provider needs compressed webhooks, and what is never inflated cannot explode. RFC 9110 §15.5.16. */
function refuseEncoded({ headers }: FastifyRequest): void {
  const encoding = headers['content-encoding']
  if (encoding !== undefined && encoding !== 'identity') {
    throw new TenonError('MEDIA_TYPE_UNSUPPORTED', 'a Content-Encoding is not accepted: send the body as it is')
  }
}
