import type { FastifyRequest } from 'fastify'
import { TenonError } from '../../base/errors.ts'
import type { RawRequest } from '../../definition/verifier.ts'
import type { Webhook } from '../../trigger/webhook.ts'
import { jsonHeaders, textHeaders } from '../answer.ts'
import { errorFrom } from '../problem.ts'
import type { BareRoute, Routes } from '../route.ts'

const nothing = new Uint8Array(0)

/** Where providers deliver their webhooks. */
export const routes: Routes = ({ webhooks }) =>
  webhooks.flatMap((webhook) => {
    const { path, connector } = webhook
    const receive: BareRoute = {
      method: 'POST',
      path,
      right: 'webhook',
      summary: `Takes events of ${connector}.`,
      answers: { 200: 'text/plain' },
      serve: receiveBy(webhook),
    }
    const handshake: BareRoute = {
      ...receive,
      method: 'GET',
      summary: `Answers the set-up request of ${connector}.`,
      serve: handshakeBy(webhook),
    }
    return webhook.takesHandshake ? [receive, handshake] : [receive]
  })

function receiveBy(webhook: Webhook): BareRoute['serve'] {
  // Answers by callback: a promise that Fastify awaits would cost every event.
  return (request, reply, { state, meter, clock }) => {
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
    webhook.receive(rawRequest(request)).then(({ status, body }) => {
      meter?.webhookAnswered(webhook.connector, '', clock.now() - began)
      void reply.code(status).send(body)
    }, fail)
  }
}

function handshakeBy(webhook: Webhook): BareRoute['serve'] {
  return (request, reply) => {
    const { status, body, isJson } = webhook.handshake(rawRequest(request))
    // It echoes what was sent: never let it be read as a page (SEC-12).
    void reply
      .code(status)
      .headers(isJson === true ? jsonHeaders : textHeaders)
      .send(body)
  }
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

function rawRequest(request: FastifyRequest): RawRequest {
  return {
    method: request.method,
    headers: request.headers as RawRequest['headers'],
    query: request.query as RawRequest['query'],
    body: (request.body as Uint8Array | undefined) ?? nothing,
  }
}
