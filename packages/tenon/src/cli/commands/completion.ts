import { TenonError } from '../../base/errors.ts'
import type { CommandDefinition } from '../command.ts'
import { completionScript, shells } from '../completion/scripts.ts'
import { commandNames, loadCommand, type CommandNode } from '../registry.ts'

export const command: CommandDefinition = {
  summary: 'Print a script that lets your shell complete commands and options.',
  arguments: [['<shell>', shells.join(', '), shells]],
  examples: [
    ['source <(tenon completion bash)', 'now; for always, put it in ~/.bashrc'],
    ['source <(tenon completion zsh)', 'now; for always, put it in ~/.zshrc after compinit'],
    ['tenon completion fish > ~/.config/fish/completions/tenon.fish', 'for always'],
    ["alias tenon='npx tenon'", 'where tenon is only in the project'],
  ],
  async run({ terminal, json, arguments: [asked = ''] }) {
    const shell = shells.find((name) => name === asked)
    if (shell === undefined)
      throw new TenonError(
        'INPUT_INVALID',
        `There is no completion for ${JSON.stringify(asked)}, but for ${shells.join(', ')}.`,
      )
    const commands: CommandNode[] = []
    for (const name of commandNames) commands.push(await loadCommand(name))
    const script = completionScript(shell, commands)
    terminal.out(json ? JSON.stringify({ shell, script }) : script.trimEnd())
  },
}
