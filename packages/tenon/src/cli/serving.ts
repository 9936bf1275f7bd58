import ipaddr from 'ipaddr.js'
import { TenonError } from '../base/errors.ts'
import { textOption, type CommandDefinition, type CommandInput } from './command.ts'

const usualPort = 4400
const usualHost = '127.0.0.1'

/** The options of every command that brings an app up. */
export const servingOptions: NonNullable<CommandDefinition['options']> = [
  ['--app <file>', 'the file that exports the app (default: app.ts)'],
  ['--port <number>', 'port (default: PORT, else 4400)'],
  ['--simulate', 'let simulators stand in for missing connections (default, unless there is a database)'],
  ['--no-simulate', 'refuse to start when a connection is missing'],
  ['--no-samples', 'make no sample events at the first start'],
  ['--quiet', 'do not tell what happens to the runs'],
]

export interface Serving {
  readonly appFile: string
  readonly port: number
  readonly host: string
  readonly simulate?: boolean
  readonly samples: boolean
  readonly quiet: boolean
}

/** Throws `INPUT_INVALID` for a port or an address that is none. */
export function servingOf(input: CommandInput): Serving {
  return {
    appFile: appFileOf(input),
    port: portOf(input),
    host: hostOf(input),
    ...(typeof input.options['simulate'] === 'boolean' && { simulate: input.options['simulate'] }),
    samples: input.options['samples'] !== false,
    quiet: input.options['quiet'] === true,
  }
}

export function appFileOf(input: CommandInput): string {
  return textOption(input, 'app') ?? 'app.ts'
}

export function portOf(input: CommandInput): number {
  const text = textOption(input, 'port') ?? input.environment['PORT']
  if (text === undefined || text === '') return usualPort
  const port = Number(text)
  if (Number.isInteger(port) && port >= 0 && port <= 65_535) return port
  throw new TenonError(
    'INPUT_INVALID',
    `The port ${JSON.stringify(text)} is not a whole number from 0 to 65535. Set PORT or --port to one.`,
  )
}

function hostOf(input: CommandInput): string {
  const text = textOption(input, 'host') ?? input.environment['TENON_HOST']
  if (text === undefined || text === '') return usualHost
  if (ipaddr.IPv4.isValidFourPartDecimal(text) || ipaddr.IPv6.isValid(text)) return text
  throw new TenonError(
    'INPUT_INVALID',
    `${JSON.stringify(text)} is not an IP address. Set TENON_HOST or --host to one of this machine, or to 0.0.0.0 for all of them.`,
  )
}
