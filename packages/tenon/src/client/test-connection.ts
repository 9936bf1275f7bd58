import { messageOf, TenonError } from '../base/errors.ts'
import type { Connector } from '../definition/connector.ts'
import type { Client } from './client.ts'

/** What a try of a connection showed. */
export type ConnectionTest =
  | { readonly outcome: 'works'; readonly account: { readonly id: string; readonly name: string } }
  /** The provider answered, and let nobody in. */
  | { readonly outcome: 'refused'; readonly error: TenonError }
  /** Nobody answered, or not in a way that says anything about the account. */
  | { readonly outcome: 'unreachable'; readonly error: TenonError }
  /** The connector names no operation by which it could be tried. */
  | { readonly outcome: 'untested' }

export interface TestedConnection {
  readonly tenant: string
  readonly connector: Connector
  readonly connection: string
}

const timeoutMs = 20_000

/** Asks the provider whose account it is, by the operation that the connector names, through all that calls pass. Never rejects. */
export async function testConnection(client: Client, tested: TestedConnection): Promise<ConnectionTest> {
  const { account } = tested.connector.options
  if (account === undefined) return { outcome: 'untested' }
  const answer = await client.call({
    ...tested,
    operation: account.operation,
    input: account.input ?? {},
    idempotencyKey: null,
    mayHaveHappened: false,
    timeoutMs,
    signal: null,
  })
  if (answer.outcome === 'failed') {
    const isRefused = ['CREDENTIALS_REFUSED', 'AUTHORISATION_LOST', 'APP_INVALID'].includes(answer.error.code)
    return { outcome: isRefused ? 'refused' : 'unreachable', error: answer.error }
  }
  try {
    const { id, name } = (account.read as (output: unknown) => { id: unknown; name: unknown })(answer.output)
    return { outcome: 'works', account: { id: String(id), name: String(name) } }
  } catch (error) {
    const what = `${tested.connector.name}: its account.read threw: ${messageOf(error)}`
    return { outcome: 'unreachable', error: new TenonError('UPSTREAM_ANSWER_INVALID', what) }
  }
}
