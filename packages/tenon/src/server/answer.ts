import type { FastifyReply } from 'fastify'
import { isSecretName } from '../telemetry/secret-name.ts'
import { censored } from '../telemetry/secret-text.ts'

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
export function sendJson(reply: FastifyReply, status: number, value: unknown, form: Replacer = readable): void {
  void reply.code(status).headers(jsonHeaders).send(JSON.stringify(value, form))
}

type Replacer = (name: string, value: unknown) => unknown

/** For what flows and providers made: a person sees it without what is secret by its name or known to be (SEC-11). One for each answer. */
export function withoutSecrets(redact: (text: string) => string): Replacer {
  // The same few names come again and again.
  const names = new Map<string, string>()
  const nameOf = (name: string): string => {
    let clean = names.get(name)
    if (clean === undefined) names.set(name, (clean = redact(name)))
    return clean
  }
  return (name, value) => {
    if (value === null || value === undefined || typeof value === 'boolean') return value
    if (isSecretName(name)) return censored
    const shown = readable(name, value)
    if (typeof shown === 'string') return redact(shown)
    return typeof shown === 'object' && !Array.isArray(shown) ? renamed(shown as object, nameOf) : shown
  }
}

/** A secret may be the name of a member. */
function renamed(value: object, nameOf: (name: string) => string): object {
  const names = Object.keys(value)
  if (names.every((name) => nameOf(name) === name)) return value
  return Object.fromEntries(Object.entries(value).map(([name, part]) => [nameOf(name), part]))
}

/** The same as a value, where only a part of an answer is such data. */
export function cleaned(data: unknown, redact: (text: string) => string): unknown {
  const form = withoutSecrets(redact)
  const copy = (name: string, value: unknown): unknown => {
    const shown = form(name, value)
    if (Array.isArray(shown)) return shown.map((part, index) => copy(String(index), part))
    if (typeof shown !== 'object' || shown === null || shown instanceof Date) return shown
    return Object.fromEntries(Object.entries(shown).map(([inner, part]) => [inner, copy(inner, part)]))
  }
  return copy('', data) ?? null
}

function readable(_name: string, value: unknown): unknown {
  if (typeof value === 'bigint') return String(value)
  if (value instanceof Uint8Array) return Buffer.from(value).toString('base64')
  return value
}
