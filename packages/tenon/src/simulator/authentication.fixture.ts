import { z } from 'zod'
import type { AuthDeclaration } from '../definition/auth.ts'
import { defineConnector } from '../definition/connector.ts'
import { operation } from '../definition/operation.ts'
import type { RawRequest } from '../definition/verifier.ts'
import { Answer, defineSimulator, openSimulator, queryIn } from './simulator.ts'

export const origin = 'https://api.example.com'

/** A provider with one thing to read and one to write, which says what it did not like. */
export function providerWith(auth: AuthDeclaration) {
  const loose = z.looseObject({})
  const thing = defineConnector('thing', {
    title: 'Things',
    baseUrl: origin,
    auth,
    operations: {
      read: operation({ method: 'GET', path: '/things/{id}', input: z.strictObject({ id: z.string(), page: z.string().optional() }), output: loose }), // prettier-ignore
      write: operation({ method: 'POST', path: '/things', input: loose, output: loose, idempotency: false }),
    },
  })
  return defineSimulator(thing, {
    refuse: (refusal) => new Answer(refusal.reason === 'unauthenticated' ? 401 : 400, refusal),
    read: { write: () => ({}) },
    operations: { read: ({ page }) => ({ page: page ?? null }), write: () => ({ done: true }) },
  })
}

/** Opened with these credentials at a time that the test moves. */
export async function opened(auth: AuthDeclaration, credentials: Readonly<Record<string, string>>, atMs = Date.now()) {
  let nowMs = atMs
  const clock = { now: () => nowMs, after: () => () => undefined, whenQuiet: () => undefined }
  const simulator = await openSimulator(providerWith(auth), { credentials, clock })
  return {
    simulator,
    credentials: simulator.credentials,
    pass: (ms: number) => void (nowMs += ms),
    /** `good`, or what was wrong. */
    async ask({
      method = 'GET',
      target,
      headers = {},
      body = '',
      ...rest
    }: {
      readonly method?: string
      /** Path and query. */
      readonly target: string
      readonly headers?: Readonly<Record<string, string>>
      readonly body?: string
      readonly clientCertificate?: string
    }): Promise<unknown> {
      const url = new URL(origin + target)
      const lower = Object.entries(headers).map(([name, value]) => [name.toLowerCase(), value] as const)
      const request: RawRequest = {
        method,
        headers: { host: url.host, ...Object.fromEntries(lower) },
        query: queryIn(url.searchParams),
        body: Buffer.from(body),
        url: origin + target,
        ...rest,
      }
      const outcome = await simulator.answer(url.pathname, request)
      if (!(outcome instanceof Answer)) throw new Error('no answer came')
      const { reason, problem, expired } = outcome.body as Record<string, unknown>
      if (outcome.status === 200) return 'good'
      return reason === 'unauthenticated' ? (expired === true ? 'expired' : (problem ?? reason)) : outcome.body
    },
  }
}
