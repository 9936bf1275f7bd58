import { createHash } from 'node:crypto'
import type { Connector } from '../../definition/connector.ts'
import { Answer } from '../behaviour.ts'

/** One of the accounts that a simulated provider has. */
export interface SimulatedAccount {
  readonly id: string
  readonly name: string
}

const style = `
:root { color-scheme: light dark; font: 16px/1.5 system-ui, sans-serif }
body { max-width: 30rem; margin: 12vh auto; padding: 0 1rem }
h1 { font-size: 1.25rem }
label { display: block; padding: .25rem 0 }
fieldset { margin: 1rem 0; border: 1px solid; border-radius: 4px }
button { font: inherit; padding: .5rem 1.25rem; margin-right: .5rem }
small { opacity: .8 }`

const headers = {
  'content-type': 'text/html; charset=utf-8',
  'cache-control': 'no-store',
  'content-security-policy': `default-src 'none'; style-src 'sha256-${createHash('sha256').update(style).digest('base64')}'; frame-ancestors 'none'; base-uri 'none'`,
  'referrer-policy': 'no-referrer',
}

export interface ConsentAsked {
  readonly provider: string
  /** Names this consent once. */
  readonly consent: string
  readonly client: string
  readonly scopes: readonly string[]
  readonly accounts: readonly SimulatedAccount[]
}

/** The provider as people know it. */
export const titleOf = ({ name, options }: Connector): string => options.title ?? name

/** What a person sees: honest about being no provider. */
export function consentPage({ provider, consent, client, scopes, accounts }: ConsentAsked): Answer {
  const wants = scopes.length === 0 ? '<p>It asks for no scopes.</p>' : `<ul>${scopes.map(item).join('')}</ul>`
  return page(
    200,
    `Simulated ${provider}`,
    `<p>The program <code>${escape(client)}</code> asks to use an account with:</p>${wants}
<form method="post"><input type="hidden" name="consent" value="${escape(consent)}">
${decision(accounts)}</form>`,
  )
}

/** Where a person types the code that another device shows (RFC 8628 §3.3). */
export function codePage({
  provider,
  code,
  accounts,
}: Pick<ConsentAsked, 'provider' | 'accounts'> & { readonly code: string }): Answer {
  return page(
    200,
    `Simulated ${provider}`,
    `<p>Another device asks to use an account. Go on only if it shows this code.</p>
<form method="post"><label>Code <input name="user_code" value="${escape(code)}" autocomplete="off" autocapitalize="characters" required></label>
${decision(accounts)}</form>`,
  )
}

export function donePage(provider: string, text: string): Answer {
  return page(200, `Simulated ${provider}`, `<p>${escape(text)}</p>`)
}

/** Where a person cannot be sent back: the request itself is not one to trust (RFC 6749 §4.1.2.1). */
export function troublePage(provider: string, trouble: string): Answer {
  return page(400, `Simulated ${provider}`, `<p>${escape(trouble)}</p>`)
}

function decision(accounts: readonly SimulatedAccount[]): string {
  const choices = accounts.map(
    ({ id, name }, index) =>
      `<label><input type="radio" name="account" value="${escape(id)}"${index === 0 ? ' checked' : ''}> ${escape(name)} <small>(${escape(id)})</small></label>`,
  )
  return `<fieldset><legend>Account</legend>${choices.join('')}</fieldset>
<button name="decision" value="allow">Allow</button><button name="decision" value="deny">Deny</button>`
}

const item = (text: string): string => `<li>${escape(text)}</li>`

function page(status: number, title: string, content: string): Answer {
  const text = `<!doctype html><html lang="en"><meta charset="utf-8"><meta name="viewport" content="width=device-width"><title>${escape(title)}</title><style>${style}</style>
<main><h1>${escape(title)}</h1>${content}
<p><small>This is a stand-in on this machine. Nothing here reaches the real provider.</small></p></main></html>`
  return new Answer(status, text, headers)
}

const entities: Readonly<Record<string, string>> = { '&': '&amp;', '<': '&lt;', '>': '&gt;', '"': '&quot;' }

function escape(text: string): string {
  return text.replaceAll(/[&<>"]/g, (character) => entities[character] ?? '')
}
