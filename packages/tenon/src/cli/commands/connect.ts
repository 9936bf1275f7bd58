import { sleep, systemClock } from '../../base/clock.ts'
import { TenonError } from '../../base/errors.ts'
import type { ConnectionView } from '../../connection/managed.ts'
import type { ConsentView } from '../../server/connect/consent-record.ts'
import type { BegunConsent } from '../../server/connect/consents.ts'
import type { ConnectForm } from '../../server/connect/form.ts'
import { connectToServer, type ManagementClient } from '../../server/management-client.ts'
import { exitCodes, textOption, type CommandDefinition, type CommandInput } from '../command.ts'
import { connectionPath } from '../connect/connection-path.ts'
import { accountWords, untriedWords } from '../connect/connection-words.ts'
import { givenFields } from '../connect/given-fields.ts'
import { tenantOption, withTenant } from '../tenant.ts'
import { wrap } from '../terminal.ts'

const lookEveryMs = 1500

export const command: CommandDefinition = {
  summary: 'Connect an account, or connect it again.',
  arguments: [['<connector>', 'what it is an account of, such as stripe']],
  options: [
    ['--name <name>', 'of the connection (default: main)'],
    tenantOption('whose account'),
    ['--device', 'consent by a code on another device'],
    ['--field <name=value...>', 'what would be asked for, unless it is secret'],
    ['--env <name=VARIABLE...>', 'the same from an environment variable; for secrets'],
    ['--stdin <name>', 'the same from the standard input; for a secret'],
    ['--base-url <url>', "another address than the connector's"],
    ['--confirm-account-change', 'take another account than the one before'],
  ],
  examples: [
    ['tenon connect hubspot', 'prints the address of the consent, and waits for it'],
    ['tenon connect stripe', 'asks for the key, at a terminal'],
    ['tenon connect stripe --name eu --env secretKey=STRIPE_EU_KEY', 'asks nothing'],
    ['tenon connect hubspot --tenant acme --json', "for one of your product's customers"],
  ],
  async run(input) {
    const server = connectToServer(input)
    const [connector = ''] = input.arguments
    const form = await formOf(server, connector)
    const isKnown = await isConnected(server, input)
    // What is there already needs only what changes.
    const fields = await givenFields(input, form.fields, isKnown && hasGiven(input))
    if (fields === null) return exitCodes.failed
    const baseUrl = textOption(input, 'baseUrl')
    const given = { fields, ...(baseUrl !== undefined && { baseUrl }) }
    const view = form.ways.includes('fields')
      ? await saveFields(server, input, given)
      : await consent(server, input, { ...given, way: input.options['device'] === true ? 'device' : form.ways[0] })
    if (view === null) return exitCodes.failed
    const account = accountWords(view)
    const { out, colours, columns } = input.terminal
    if (input.json) return out(JSON.stringify(view))
    out(colours.green(`✓ ${view.connector}/${view.name} is connected${account === '' ? '' : `: ${account}`}`))
    const untried = untriedWords(view, systemClock.now())
    if (untried !== null) for (const line of wrap(untried, columns, '  ')) out(colours.yellow(line))
  },
}

type Given = Readonly<Record<string, unknown>>

async function formOf(server: ManagementClient, name: string): Promise<ConnectForm> {
  const { connectors } = (await server.get('/connectors')) as unknown as { connectors: readonly ConnectForm[] }
  const form = connectors.find(({ connector }) => connector === name)
  if (form !== undefined) return form
  const known = connectors.map(({ connector }) => connector).join(', ')
  throw new TenonError(
    'NOT_FOUND',
    `The app has no connector ${JSON.stringify(name)}. It has ${known === '' ? 'none' : known}.`,
  )
}

function named(input: CommandInput): CommandInput {
  return { ...input, arguments: [input.arguments[0], textOption(input, 'name') ?? 'main'] }
}

function hasGiven({ options }: CommandInput): boolean {
  return ['field', 'env', 'stdin'].some((name) => options[name] !== undefined)
}

async function isConnected(server: ManagementClient, input: CommandInput): Promise<boolean> {
  const { arguments: wanted } = named(input)
  const answer = await server.get(withTenant(input, '/connections'))
  const { connections } = answer as unknown as { connections: readonly ConnectionView[] }
  return connections.some(
    ({ connector, name, origin }) => origin === 'stored' && connector === wanted[0] && name === wanted[1],
  )
}

async function saveFields(server: ManagementClient, input: CommandInput, given: Given): Promise<ConnectionView | null> {
  const save = async (confirmAccountChange: boolean): Promise<ConnectionView> => {
    const body = { ...given, ...(confirmAccountChange && { confirmAccountChange }) }
    return (await server.send('PUT', connectionPath(named(input)), body)) as unknown as ConnectionView
  }
  try {
    return await save(input.options['confirmAccountChange'] === true)
  } catch (error) {
    if (!TenonError.is(error, 'ACCOUNT_CHANGED')) throw error
    return (await isMeant(input, error.message)) ? save(true) : null
  }
}

async function consent(server: ManagementClient, input: CommandInput, given: Given): Promise<ConnectionView | null> {
  const { terminal, json } = input
  const begun = (await server.send('POST', connectionPath(named(input), '/consents'), given)) as unknown as BegunConsent
  if (json) terminal.out(JSON.stringify(begun))
  else {
    terminal.out(`Open this address in a browser, and allow it there:\n\n  ${begun.url}\n`)
    if (begun.code !== null) terminal.out(`If it asks for a code: ${terminal.colours.bold(begun.code)}\n`)
    terminal.out(terminal.colours.dim('Waiting for the consent. Ctrl-C gives up; nothing is changed then.'))
  }
  const ended = await waitFor(server, input, begun)
  if (ended.state === 'failed') throw new TenonError('CREDENTIALS_REFUSED', ended.problem?.message ?? 'it failed')
  if (ended.state !== 'account-changed')
    return (await server.get(connectionPath(named(input)))) as unknown as ConnectionView
  const { before, now } = ended.accounts ?? { before: null, now: null }
  const words = `It is another account than before: ${now?.name ?? 'unknown'} instead of ${before?.name ?? 'unknown'}.`
  if (input.options['confirmAccountChange'] !== true && !(await isMeant(input, words))) return null
  return (await server.send(
    'POST',
    withTenant(input, `/consents/${begun.consent}/confirm`),
  )) as unknown as ConnectionView
}

async function waitFor(server: ManagementClient, input: CommandInput, begun: BegunConsent): Promise<ConsentView> {
  for (;;) {
    if (systemClock.now() >= begun.expiresAt)
      throw new TenonError('TIMEOUT', 'The consent did not come in time. Begin again with the same command.')
    await sleep(systemClock, lookEveryMs)
    const path = withTenant(input, `/consents/${begun.consent}/look`)
    const view = (await server.send('POST', path)) as unknown as ConsentView
    if (view.state !== 'pending' && view.state !== 'taken') return view
  }
}

async function isMeant({ terminal, json }: CommandInput, words: string): Promise<boolean> {
  if (!process.stdin.isTTY || json)
    throw new TenonError('ACCOUNT_CHANGED', `${words} If that is meant, add --confirm-account-change.`)
  terminal.out(terminal.colours.yellow(words))
  const { confirm, isCancel } = await import('@clack/prompts')
  const answer = await confirm({ message: 'Take the other account?', initialValue: false })
  return !isCancel(answer) && answer
}
