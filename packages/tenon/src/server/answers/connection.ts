import { z } from 'zod'
import type { ConnectionTest } from '../../client/test-connection.ts'

const time: z.ZodNumber = z.number().describe('Milliseconds since the epoch.')

const account: z.ZodType = z
  .object({ id: z.string(), name: z.string() })
  .meta({ id: 'RemoteAccount', description: 'An account, as its provider names it.' })

export const connection: z.ZodType = z
  .object({
    tenant: z.string(),
    connector: z.string(),
    name: z.string(),
    origin: z
      .enum(['stored', 'app', 'simulated'])
      .describe('`stored`: connected while the app runs. `app`: written in code. `simulated`: a stand-in.'),
    scheme: z.string().describe('How it authenticates.'),
    baseUrl: z.string(),
    fields: z.record(z.string(), z.string()).describe('Those that are not secret.'),
    secrets: z.array(z.string()).describe('Which secret fields are set. Never what they hold.'),
    scopes: z.array(z.string()).describe('What was granted.'),
    account: account.nullable(),
    state: z.enum(['healthy', 'expiring', 'needs-authorisation', 'revoked']),
    cause: z.string().nullable().describe('Why it is not healthy, and what to do.'),
    untried: z
      .object({ since: time, cause: z.string() })
      .nullable()
      .describe('The provider did not answer when it was to be tried: nobody knows yet whether it works.'),
    expiresAt: time.nullable(),
    lastUsedAt: time.nullable(),
    createdAt: time.nullable(),
    createdBy: z.string().nullable(),
    updatedAt: time.nullable(),
  })
  .meta({ id: 'Connection', description: 'One account that is connected. Never a secret.' })

export const connectForm: z.ZodType = z
  .object({
    connector: z.string(),
    title: z.string().describe('As people know it.'),
    description: z.string().nullable(),
    scheme: z.string(),
    ways: z
      .array(z.enum(['fields', 'browser', 'device']))
      .describe('How an account is connected; the first is the usual one.'),
    baseUrl: z.string(),
    simulated: z.boolean().describe('A stand-in answers, not the provider.'),
    fields: z
      .array(
        z.object({
          name: z.string(),
          label: z.string(),
          secret: z.boolean(),
          required: z.boolean(),
          pem: z.boolean().describe('Text of several lines, in PEM.'),
        }),
      )
      .describe('What a person is asked for.'),
  })
  .meta({ id: 'ConnectForm', description: 'How an account of a connector is connected.' })

const consentShape = {
  consent: z.string(),
  connector: z.string(),
  name: z.string(),
  way: z.enum(['browser', 'device']),
  state: z
    .enum(['pending', 'taken', 'account-changed', 'connected', 'failed'])
    .describe('`account-changed`: another account than before; it waits for a confirmation.'),
  problem: z.object({ code: z.string(), message: z.string() }).nullable(),
  accounts: z.object({ before: account.nullable(), now: account.nullable() }).nullable(),
  expiresAt: time,
}

export const consent: z.ZodType = z
  .object(consentShape)
  .meta({ id: 'Consent', description: 'A consent that somebody is asked for at a provider.' })

export const begunConsent: z.ZodType = z
  .object({
    ...consentShape,
    url: z.string().describe('Where the person goes.'),
    code: z.string().nullable().describe('What they type there; for a device.'),
  })
  .meta({ id: 'BegunConsent', description: 'A consent, and where the person goes for it.' })

export const connectionTest: z.ZodType = z
  .object({
    outcome: z.enum(['works', 'refused', 'unreachable', 'untested']),
    account: account.nullable(),
    message: z.string().describe('In plain words.'),
    code: z.string().nullable(),
  })
  .meta({ id: 'ConnectionTest', description: 'What a try of a connection showed.' })

interface TestAnswer {
  readonly outcome: ConnectionTest['outcome']
  readonly account: { readonly id: string; readonly name: string } | null
  readonly message: string
  readonly code: string | null
}

/** A test, in words for who pressed the button. */
export function testAnswer(test: ConnectionTest): TestAnswer {
  switch (test.outcome) {
    case 'works': {
      const { account: found } = test
      return { outcome: test.outcome, account: found, message: `It works, as ${found.name} (${found.id}).`, code: null }
    }
    case 'refused':
    case 'unreachable': {
      const { code, message } = test.error
      return { outcome: test.outcome, account: null, message: `${reasons[code] ?? reasons.other}: ${message}`, code }
    }
    case 'untested':
    default:
      return {
        outcome: 'untested',
        account: null,
        message: 'Its connector names no operation to try it by; the first call will show whether it works.',
        code: null,
      }
  }
}

const reasons: Readonly<Record<string, string>> & { readonly other: string } = {
  AUTHORISATION_LOST: 'The account must be connected again',
  CREDENTIALS_REFUSED: 'The provider does not take its credentials',
  APP_INVALID: 'What was given for it cannot be used',
  other: 'Nothing is known of the account, for the call came to no answer that tells it',
}
