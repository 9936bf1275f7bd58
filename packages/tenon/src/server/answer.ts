import type { FastifyReply } from 'fastify'

/**
 * Where a browser could show an answer, it must neither guess that it is a page nor be let into one (SEC-12): nothing loads, nothing frames it, no other site gets it.
 */
export const guardHeaders: Readonly<Record<string, string>> = {
  'content-security-policy': "default-src 'none'; frame-ancestors 'none'; sandbox",
  'cross-origin-resource-policy': 'same-origin',
  'referrer-policy': 'no-referrer',
  'x-content-type-options': 'nosniff',
}

export const jsonHeaders: Readonly<Record<string, string>> = {
  ...guardHeaders,
  'content-type': 'application/json',
  'cache-control': 'no-store',
}

export const textHeaders: Readonly<Record<string, string>> = {
  ...guardHeaders,
  'content-type': 'text/plain; charset=utf-8',
}

/** Answers of the management API: never kept by a cache, and readable where JSON has no form of its own. */
export function sendJson(reply: FastifyReply, status: number, value: unknown): void {
  void reply.code(status).headers(jsonHeaders).send(JSON.stringify(value, readable))
}

function readable(_name: string, value: unknown): unknown {
  if (typeof value === 'bigint') return String(value)
  if (value instanceof Uint8Array) return Buffer.from(value).toString('base64')
  return value
}
