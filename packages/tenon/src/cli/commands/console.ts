import { personOf, requestSignInLink } from '../act.ts'
import { textOption, type CommandDefinition } from '../command.ts'

export const command: CommandDefinition = {
  summary: 'Print a link that lets you sign in to the console, once.',
  options: [['--by <name>', 'who signs in, for the record (default: you)']],
  examples: [
    ['tenon console', 'open the printed link in a browser'],
    ['tenon console --by mia', 'for a colleague; the link is a key, hand it over with care'],
    ['tenon console --json', 'for a program'],
  ],
  async run(input) {
    const { terminal, environment, json } = input
    const by = textOption(input, 'by') ?? personOf(environment)
    const link = await requestSignInLink(input, by)
    if (json) return terminal.out(JSON.stringify(link))
    terminal.out(link.url)
    terminal.out(terminal.colours.dim('It opens once, within ten minutes.'))
  },
}
