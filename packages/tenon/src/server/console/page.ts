import { createHash } from 'node:crypto'
import type { FastifyReply } from 'fastify'

/** A small page of our own, for what must work without the console. */
export interface Page {
  readonly title: string
  /** Paragraphs, as HTML: what comes from outside goes through `escapeHtml`. */
  readonly body: string
  /** Runs at once. It is part of our source: nothing is ever put into it. */
  readonly script?: string
}

const style = `
:root { color-scheme: light dark; font: 16px/1.6 system-ui, sans-serif }
body { max-width: 34rem; margin: 18vh auto 0; padding: 0 1.5rem }
h1 { font-size: 1.25rem; line-height: 1.3 }
code { padding: .15em .4em; border-radius: .3em; background: color-mix(in srgb, currentColor 12%, transparent); font-size: .9em }
button { font: inherit; padding: .5em 1.2em; border-radius: .5em; border: 1px solid currentColor; background: none; color: inherit; cursor: pointer }
input:not([type=checkbox]), textarea { font: inherit; width: 100%; box-sizing: border-box; padding: .45em .6em; border-radius: .4em; border: 1px solid color-mix(in srgb, currentColor 60%, transparent); background: none; color: inherit }
textarea { font-family: ui-monospace, monospace; font-size: .85em }
.secret { -webkit-text-security: disc }
button:focus-visible, input:focus-visible, textarea:focus-visible, a:focus-visible { outline: 3px solid Highlight; outline-offset: 2px }
`

/** Sends the page under a policy that lets its own style and script run, by their digest, and nothing else. */
export function sendPage(reply: FastifyReply, status: number, { title, body, script }: Page): void {
  const policy = [
    "default-src 'none'",
    `style-src ${sourceOf(style)}`,
    ...(script === undefined ? [] : [`script-src ${sourceOf(script)}`]),
    "form-action 'self'",
    "frame-ancestors 'none'",
    "base-uri 'none'",
  ]
  void reply
    .code(status)
    .headers({
      'content-type': 'text/html; charset=utf-8',
      'cache-control': 'no-store',
      'content-security-policy': policy.join('; '),
      'cross-origin-opener-policy': 'same-origin',
      'cross-origin-resource-policy': 'same-origin',
      // Under `no-referrer` a browser would send its form with `Origin: null` (Fetch §3.1), and we could not tell it from a foreign one.
      'referrer-policy': 'same-origin',
      'x-content-type-options': 'nosniff',
    })
    .send(
      `<!doctype html><html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width"><title>${escapeHtml(title)} · Tenon</title><style>${style}</style></head><body><main><h1>${escapeHtml(title)}</h1>${body}</main>${script === undefined ? '' : `<script>${script}</script>`}</body></html>`,
    )
}

const sources = new Map<string, string>()

/** CSP3 §2.3.1: a digest as the source of an inline element. */
function sourceOf(text: string): string {
  let source = sources.get(text)
  if (source === undefined) {
    source = `'sha256-${createHash('sha256').update(text).digest('base64')}'`
    sources.set(text, source)
  }
  return source
}

const entities: Readonly<Record<string, string>> = {
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
  '"': '&quot;',
  "'": '&#39;',
}

export function escapeHtml(text: string): string {
  return text.replace(/[&<>"']/g, (character) => entities[character] ?? '')
}
