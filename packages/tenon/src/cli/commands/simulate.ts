import { TenonError } from '../../base/errors.ts'
import { connectToServer } from '../../server/management-client.ts'
import { faultChoices } from '../../simulator/faults.ts'
import { jsonOption } from '../act.ts'
import { textOption, type CommandDefinition, type CommandInput } from '../command.ts'

const faultKinds: readonly string[] = [...faultChoices.map(({ kind }) => kind), 'revoke-tokens']

export const command: CommandDefinition = {
  summary: 'Make something happen in a simulator: an event, or a fault.',
  arguments: [
    ['[connector]', 'whose simulator; leave it out to list them'],
    ['[event]', 'what happens there; leave it out to list what can'],
  ],
  options: [
    ['--data <json>', "what the event is about; default is the simulator's own example"],
    ['--fault <kind>', faultKinds.join(', '), faultKinds],
    ['--of <name>', 'only for this operation or event type'],
    ['--next <number>', 'how many times (default once)'],
    ['--probability <share>', 'chance from 0 to 1, without end'],
    ['--delay <ms>', 'for slow and late'],
    ['--retry-after <seconds>', 'for rate-limit'],
    ['--clear', 'end all faults'],
  ],
  examples: [
    ['tenon simulate stripe payment_intent.succeeded', 'a payment, and its signed webhook'],
    ['tenon simulate stripe payment_intent.succeeded --data \'{"amount": 4200}\'', 'with data of your own'],
    ['tenon simulate shiprocket --fault error --next 3', 'the next three calls are answered 500'],
    ['tenon simulate shiprocket --fault drop --of createOrder', 'it takes effect, but the answer is lost'],
    ['tenon simulate shiprocket --clear', 'all well again'],
  ],
  async run(input) {
    const [connector, event] = input.arguments
    if (connector === undefined) return list(input)
    const path = `/simulators/${encodeURIComponent(connector)}`
    const server = connectToServer(input)
    if (input.options['clear'] === true)
      return say(input, await server.send('DELETE', `${path}/faults`), `${connector} has no faults any more.`)
    const kind = textOption(input, 'fault')
    if (kind !== undefined)
      return say(
        input,
        await server.send('POST', `${path}/faults`, faultOf(input, kind)),
        `${connector}: ${kind} is set.`,
      )
    if (event === undefined) return list(input, connector)
    const made = await server.send('POST', `${path}/events`, {
      event,
      data: jsonOption(textOption(input, 'data'), '--data'),
    })
    say(input, made, `${connector}: ${event} happened. See what came of it: npx tenon runs list`)
  },
}

function say({ terminal, json }: CommandInput, answer: Record<string, unknown>, text: string): void {
  terminal.out(json ? JSON.stringify(answer) : text)
}

function faultOf(input: CommandInput, kind: string): object {
  const number = (name: string): number | undefined => {
    const text = textOption(input, name)
    return text === undefined ? undefined : Number(text)
  }
  return {
    kind,
    of: textOption(input, 'of'),
    next: number('next'),
    probability: number('probability'),
    delayMs: number('delay'),
    retryAfterS: number('retryAfter'),
  }
}

interface Summary {
  readonly connector: string
  readonly baseUrl: string
  readonly events: readonly string[]
}

async function list(input: CommandInput, connector?: string): Promise<void> {
  const { terminal, json } = input
  const answer = await connectToServer(input).get('/simulators')
  const running = answer['simulators'] as readonly Summary[]
  const simulators = running.filter((one) => connector === undefined || one.connector === connector)
  if (simulators.length === 0 && connector !== undefined) {
    const names = running.map((one) => one.connector).join(', ')
    throw new TenonError('NOT_FOUND', `There is no simulator of ${connector}. Running: ${names || 'none'}.`)
  }
  if (json) return terminal.out(JSON.stringify({ simulators }))
  if (simulators.length === 0) return terminal.out('No simulator is running.')
  for (const { connector: name, baseUrl, events } of simulators) {
    terminal.out(`${terminal.colours.bold(name)}  ${terminal.colours.dim(baseUrl)}`)
    for (const event of events) terminal.out(`  npx tenon simulate ${name} ${event}`)
  }
}
