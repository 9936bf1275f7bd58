import { connectToServer } from '../../../server/management-client.ts'
import { act, lookAt, runPath } from '../../act.ts'
import { textOption, type CommandDefinition, type CommandInput } from '../../command.ts'
import { runWords, tenantOption, withTenant } from '../../tenant.ts'
import { shortId } from '../../words.ts'

export const command: CommandDefinition = {
  summary: 'Let a failed run go on from its failed step, or a parked one try again, on the code as it is now.',
  arguments: [['<run>', 'its id, or a beginning or end of it']],
  options: [['--anew', 'start a new run with the same event instead'], tenantOption('whose run')],
  examples: [
    ['tenon runs retry a7x2k9fq', 'goes on where it failed'],
    ['tenon runs retry a7x2k9fq --anew', 'from the beginning, as a new run'],
  ],
  run: (input) =>
    input.options['anew'] === true
      ? startAnew(input)
      : act(input, runPath(input, 'retry'), {}, (answer) => `It goes on. Look at it: ${lookAt(answer, input)}`),
}

async function startAnew(input: CommandInput): Promise<void> {
  const { json, terminal } = input
  const server = connectToServer(input)
  const answer = await server.send('POST', runPath(input, 'anew'), {})
  if (json) return terminal.out(JSON.stringify(answer))
  terminal.out(`Started anew. Look at it: ${lookAt(answer, input)}`)
  const { ahead } = await server.get(withTenant(input, `/runs/${String(answer['run'])}`))
  if (typeof ahead !== 'string') return
  terminal.out(`It waits: run ${shortId(ahead)} holds its key until it is finished or cancelled. To cancel it:`)
  terminal.out(`  npx tenon runs cancel ${runWords(ahead, textOption(input, 'tenant'))}`)
}
