import type { Connector, WebhookOptions } from './connector.ts'
import { checkPolicies } from './check-policies.ts'
import { repeatOf, type OperationOptions } from './operation.ts'
import { checkDuration, checkName, isObject, isSchema, shown, type Report } from './problem.ts'

const schemaRemedy = 'Give it a schema of zod, valibot, arktype or any other that follows Standard Schema.'

export function checkConnector(connector: Connector, report: Report): void {
  const { options } = connector
  checkName(report, 'name', connector.name)
  checkDuration(report, 'timeout', options.timeout)
  checkDuration(report, 'idempotency.life', options.idempotency?.life)
  if (isObject(options.auth?.settings)) checkDuration(report, 'auth.life', options.auth.settings['life'])
  if (!URL.canParse(options.baseUrl))
    report(
      `baseUrl is ${shown(options.baseUrl)}, which is not a URL`,
      "Write it whole, such as baseUrl: 'https://api.example.com'.",
    )
  for (const [name, operation] of Object.entries(options.operations ?? {}))
    checkOperation(connector, name, operation, report)
  for (const [type, event] of Object.entries(options.events ?? {})) {
    if (!isSchema(event.data)) report(`events['${type}'].data is not a schema`, schemaRemedy)
    for (const [field, read] of Object.entries(event.correlate ?? {})) {
      if (typeof read !== 'function')
        report(
          `events['${type}'].correlate.${field} is ${shown(read)}`,
          'Write a function that takes the field out of the data.',
        )
    }
  }
  checkPolicies(options.policies, 'policies', options, report)
  if (options.webhooks !== undefined) checkWebhooks(options.webhooks, report)
  if (options.account !== undefined) checkAccount(options, report)
}

/** It is asked whenever somebody wants to know: so it must be one that may be. */
function checkAccount({ account, operations, idempotency }: Connector['options'], report: Report): void {
  const name = account?.operation ?? ''
  const operation = Object.hasOwn(operations, name) ? operations[name] : undefined
  if (operation === undefined || repeatOf(operation, idempotency) !== 'harmless')
    report(
      `account.operation is ${shown(name)}, which is not one that only reads`,
      'Name an operation that changes nothing.',
    )
  if (typeof account?.read !== 'function')
    report('account.read is missing', 'Write a function that takes id and name of the account out of the output.')
}

/** WHI-04: no route without a verifier, or without the explicit mark that there is none. */
function checkWebhooks(webhooks: WebhookOptions, report: Report): void {
  checkDuration(report, 'webhooks.dedupe', webhooks.dedupe)
  if (typeof webhooks.verify?.verify !== 'function') {
    report(
      'webhooks.verify is missing',
      "Say how a genuine request is recognised, such as timestampedHmac({ header, field }) or standardWebhooks({ field }); where the provider signs nothing: unverified('<reason>').",
    )
  }
  if (webhooks.verify?.isUnverified === true && /^unverified:\s*$/.test(webhooks.verify.describe))
    report(
      'webhooks.verify is unverified() without a reason',
      'Say why nothing can be verified: it is shown at every start.',
    )
  if (typeof webhooks.read !== 'function')
    report('webhooks.read is missing', 'Write a function that finds the events in a request body.')
  const { status } = webhooks
  if (status !== undefined && (!Number.isInteger(status) || status < 200 || status > 299)) {
    report(`webhooks.status is ${shown(status)}`, 'Write the status of a good answer: 200 to 299.')
  }
}

function checkOperation(connector: Connector, name: string, operation: OperationOptions, report: Report): void {
  const field = `operations.${name}`
  checkName(report, field, name)
  if (!isSchema(operation.input)) report(`${field}.input is not a schema`, schemaRemedy)
  if (!isSchema(operation.output)) report(`${field}.output is not a schema`, schemaRemedy)
  if (operation.request === undefined && !(operation.path as string | undefined)?.startsWith('/')) {
    report(`${field}.path is ${shown(operation.path)}`, 'Begin it with /; it is put behind the base URL.')
  }
  checkDuration(report, `${field}.timeout`, operation.timeout)
  if (isObject(operation.idempotency)) checkDuration(report, `${field}.idempotency.life`, operation.idempotency['life'])
  const lookup = operation.lookup?.operation
  if (lookup !== undefined && !Object.hasOwn(connector.options.operations, lookup)) {
    report(
      `${field}.lookup.operation is ${shown(lookup)}, which ${connector.name} does not have`,
      'Name another operation of this connector, one that only reads.',
    )
  }
}
