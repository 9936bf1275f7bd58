import type { RemoteAccount } from '../../connection/managed.ts'
import { escapeHtml, type Page } from '../console/page.ts'
import type { Refusal } from './consents.ts'
import type { ConnectForm, FormField } from './form.ts'

// All that these pages say comes from here: nothing of what a provider or a link brought along is shown (AUT-06).

/** What the provider answered stays in the browser until this page hands it over: so it comes with the cookies of this site, and out of the address. */
export const handoverPage: Page = {
  title: 'One moment',
  body: '<form method="post" action="/connect/callback"><input type="hidden" name="answer"><p>The account is being connected.</p></form><noscript><p>This page needs JavaScript to go on.</p></noscript>',
  script:
    "const form = document.forms[0]; form.elements.answer.value = location.search.slice(1); history.replaceState(null, '', location.pathname); form.submit()",
}

const refusals: Readonly<Record<Refusal, string>> = {
  unknown: 'This answer belongs to no consent that is open here. It was begun too long ago, or elsewhere.',
  used: 'This answer was taken already. Each one counts once.',
  foreign: 'This consent was begun by somebody else, in another browser, or at another address of this server.',
}

export function refusedPage(reason: Refusal): Page {
  return {
    title: 'The account was not connected',
    body: `<p>${refusals[reason]}</p><p>Nothing was changed. Begin again where you came from.</p>`,
  }
}

/** For who began at a terminal. */
export function terminalPage(state: string): Page {
  switch (state) {
    case 'connected':
      return { title: 'The account is connected', body: '<p>You can close this page.</p>' }
    case 'account-changed':
      return {
        title: 'It is another account than before',
        body: '<p>Nothing was changed yet. Go back to where you began: it shows both accounts, and asks which one you mean.</p>',
      }
    default:
      return {
        title: 'The account was not connected',
        body: '<p>Nothing was changed. Go back to where you began: it says why.</p>',
      }
  }
}

/** Opens by a link; sends it at once, so that a preview of the link does not use it up. */
export function enterPage(token: string): Page {
  return {
    title: 'Connect your account',
    body: `<form method="post" action="/connect/${escapeHtml(token)}"><p>This takes a moment. If nothing happens, press the button.</p><button>Go on</button></form>`,
    script: 'document.forms[0].submit()',
  }
}

export const closedPage: Page = {
  title: 'This link is closed',
  body: '<p>A link to connect an account works once, and for fifteen minutes. This one has been used, is too old, or is not whole.</p><p>Go back to where you found it, and ask for a new one.</p>',
}

const problems: Readonly<Record<string, string>> = {
  ACCOUNT_CHANGED:
    'This is another account than the one that was connected before. To take it, fill the form in again and confirm below.',
  CREDENTIALS_REFUSED: 'The provider did not accept this. Check what you typed, and that it may be used for this.',
  INPUT_INVALID: 'Something is missing, or too long. Look at each field.',
  RATE_LIMITED: 'You have tried too often. Ask for a new link later.',
  UPSTREAM_UNAVAILABLE: 'The provider does not answer at the moment. Try again in some minutes.',
}

const otherProblem = 'The account was not connected. Nothing was changed; try again, or go back.'

export interface AccountPage {
  readonly app: string
  readonly form: ConnectForm
  /** Code of what went wrong before. */
  readonly problem: string | null
}

/** Asks for the fields, or leads to the provider. */
export function accountPage({ app, form, problem }: AccountPage): Page {
  const inputs = form.fields.map((field) => `<p><label>${inputOf(field)}</label></p>`)
  const consents = !form.ways.includes('fields')
  const words = consents
    ? `You will be sent to ${form.title}, to allow ${app} to use your account. You can take that back at any time.`
    : `What you type is kept encrypted, and used by ${app} only.`
  const told = problem === null ? '' : `<p role="alert"><strong>${problems[problem] ?? otherProblem}</strong></p>`
  const confirm =
    problem === 'ACCOUNT_CHANGED'
      ? '<p><label><input type="checkbox" name="confirm" value="yes" required> Yes, take this other account</label></p>'
      : ''
  return {
    title: `Connect ${form.title} with ${app}`,
    body: `${told}<p>${escapeHtml(words)}</p><form method="post" action="/connect/account">${inputs.join('')}${confirm}<p><button name="order" value="connect">${consents ? 'Go on' : 'Connect'}</button> <button name="order" value="cancel" formnovalidate>Cancel</button></p></form>`,
  }
}

function inputOf({ name, label, secret, required, pem }: FormField): string {
  const text = escapeHtml(required ? label : `${label} (optional)`)
  const rest = `name="field.${escapeHtml(name)}" autocomplete="off" spellcheck="false"${required ? ' required' : ''}`
  // An input of one line would take the line breaks out.
  if (pem) return `${text}<br><textarea rows="6"${secret ? ' class="secret"' : ''} ${rest}></textarea>`
  return `${text}<br><input type="${secret ? 'password' : 'text'}" ${rest}>`
}

export function confirmPage(
  form: ConnectForm,
  { before, now }: { readonly before: RemoteAccount | null; readonly now: RemoteAccount | null },
): Page {
  const shown = (account: RemoteAccount | null): string =>
    account === null ? 'an account that gives no name' : `${escapeHtml(account.name)} (${escapeHtml(account.id)})`
  return {
    title: 'It is another account than before',
    body: `<p>Connected until now: <strong>${shown(before)}</strong></p><p>You have just allowed: <strong>${shown(now)}</strong></p><form method="post" action="/connect/account"><p><button name="order" value="confirm">Take the new one</button> <button name="order" value="cancel">Keep the old one</button></p></form><p>The account at ${escapeHtml(form.title)} decides what is read and changed.</p>`,
  }
}

/** Leads elsewhere by a link of its own: a form may not lead to another site. */
export function leadingPage(title: string, url: string, text: string): Page {
  return {
    title,
    body: `<p><a href="${escapeHtml(url)}" rel="noreferrer">${escapeHtml(text)}</a></p>`,
    script: 'document.links[0].click()',
  }
}
