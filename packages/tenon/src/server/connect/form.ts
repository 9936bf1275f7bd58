import { TenonError } from '../../base/errors.ts'
import type { AuthScheme } from '../../connection/auth-scheme.ts'
import type { Connector } from '../../definition/connector.ts'

/** How an account of a connector can be connected. */
export type ConnectWay = 'fields' | 'browser' | 'device'

/** What a person must give, for a form: never a value. */
export interface ConnectForm {
  readonly connector: string
  /** As people know it. */
  readonly title: string
  readonly description: string | null
  readonly scheme: string
  /** The first is the usual one. */
  readonly ways: readonly ConnectWay[]
  readonly baseUrl: string
  /** A stand-in answers, not the provider. */
  readonly simulated: boolean
  readonly fields: readonly FormField[]
}

export interface FormField {
  readonly name: string
  readonly label: string
  readonly secret: boolean
  readonly required: boolean
  /** Text of several lines, in PEM. */
  readonly pem: boolean
}

/** What the app or a simulator brings itself, so that nobody is asked for it. */
export interface Brought {
  readonly fields: Readonly<Record<string, string>>
  readonly baseUrl?: string
  readonly simulated: boolean
}

export function formOf(connector: Connector, scheme: AuthScheme, brought: Brought): ConnectForm {
  const { title = connector.name, description, auth, baseUrl } = connector.options
  const fields = fieldsOf(connector).filter(({ name }) => !Object.hasOwn(brought.fields, name))
  return {
    connector: connector.name,
    title,
    description: description ?? null,
    scheme: auth.scheme,
    ways: waysOf(scheme),
    baseUrl: brought.baseUrl ?? baseUrl,
    simulated: brought.simulated,
    fields,
  }
}

function waysOf({ browser, device }: AuthScheme): ConnectWay[] {
  const consents: ConnectWay[] = [
    ...(browser === undefined ? [] : (['browser'] as const)),
    ...(device === undefined ? [] : (['device'] as const)),
  ]
  return consents.length === 0 ? ['fields'] : consents
}

/** Those of the authentication, then those of webhooks, which can come later. */
function fieldsOf({ options: { auth, webhooks } }: Connector): FormField[] {
  const fields = Object.entries(auth.fields).map(([name, { label, secret = true, optional = false, pem = false }]) => ({
    name,
    label,
    secret,
    required: !optional,
    pem,
  }))
  const signed = webhooks?.verify.field ?? null
  for (const name of [...(signed === null ? [] : [signed]), ...(webhooks?.fields ?? [])]) {
    if (fields.some((field) => field.name === name)) continue
    fields.push({ name, label: `${inWords(name)} (webhooks)`, secret: true, required: false, pem: false })
  }
  return fields
}

/** `webhookSecret` → `Webhook secret`. */
function inWords(name: string): string {
  const words = name.replaceAll(/([a-z])([A-Z])/g, '$1 $2').toLowerCase()
  return words.charAt(0).toUpperCase() + words.slice(1)
}

const longestValue = 20_000

/** Throws `INPUT_INVALID` naming the first field that is not known, is too long, or is missing in `all`. */
export function checkFields(
  form: ConnectForm,
  given: Readonly<Record<string, string>>,
  all: Readonly<Record<string, string>>,
): void {
  for (const [name, value] of Object.entries(given)) {
    if (!form.fields.some((field) => field.name === name)) {
      const known = form.fields.map((field) => field.name).join(', ')
      // Not shown: who mixes up name and value has written a secret here (SEC-11).
      throw new TenonError(
        'INPUT_INVALID',
        `fields: one of the names is not asked for by ${form.connector}; it asks for ${known === '' ? 'nothing' : known}`,
        { details: { field: 'fields' } },
      )
    }
    if (value.length > longestValue) throw invalid(name, `it has more than ${longestValue} characters`)
  }
  const missing = form.fields.find(({ name, required }) => required && (all[name] ?? '') === '')
  if (missing !== undefined) throw invalid(missing.name, `${missing.label} is missing`)
}

function invalid(field: string, message: string): TenonError {
  return new TenonError('INPUT_INVALID', `field ${field}: ${message}`, { details: { field } })
}
