import { spawn, spawnSync } from 'node:child_process'
import { join } from 'node:path'
import { afterAll, expect, test } from 'vitest'
import { createWorkplace } from '../process.fixture.ts'

const { folder, write, remove } = createWorkplace()
afterAll(remove)

const cli = join(import.meta.dirname, '../cli.ts')
const isThere = process.platform === 'linux' && spawnSync('script', ['--version']).error === undefined

/** In a terminal of its own, whose keys are ours. */
function inTerminal(...words: string[]) {
  const line = [process.execPath, '--conditions=source', cli, ...words].map((word) => `'${word}'`).join(' ')
  const child = spawn('script', ['--quiet', '--return', '--command', `stty cols 100; ${line}`, '/dev/null'], {
    cwd: folder,
    env: { ...process.env, TENON_DATA: join(folder, 'data'), PORT: '0', NO_COLOR: '1', TERM: 'xterm' },
  })
  let text = ''
  child.stdout.on('data', (piece: Buffer) => (text += piece.toString()))
  const ended = new Promise<number | null>((resolve) => child.on('close', resolve))
  const says = async (pattern: RegExp): Promise<void> => {
    for (let tries = 0; !pattern.test(text); tries += 1) {
      if (tries > 300) throw new Error(`it did not say ${pattern.source}: ${text}`)
      await new Promise((resolve) => setTimeout(resolve, 100))
    }
  }
  return { press: (keys: string) => child.stdin.write(keys), says, ended, text: () => text }
}

test.skipIf(!isThere)(
  'keys: r restarts, o prints a link to the console, q quits; all of it is announced',
  async () => {
    write('app.ts', `import { defineApp } from 'tenon'\nexport default defineApp({ flows: [] })\n`)
    const { press, says, ended, text } = inTerminal('dev', '--no-types')
    await says(/r restarts {3}o prints the link to the console {3}q quits/)
    press('r')
    await says(/asked for: reloaded/)
    press('o')
    await says(/· console: http:\S+sign-in\?token=/)
    press('q')
    expect(await ended).toBe(0)
    expect(text()).toContain('Stopped. Nothing is waiting.')
  },
  60_000,
)

test.skipIf(!isThere)(
  'Ctrl-C in the terminal ends it in good order',
  async () => {
    write('app.ts', `import { defineApp } from 'tenon'\nexport default defineApp({ flows: [] })\n`)
    const { press, says, ended } = inTerminal('dev', '--no-types')
    await says(/q quits/)
    press('\u0003')
    expect(await ended).toBe(0)
  },
  60_000,
)

test.skipIf(!isThere)(
  'tenon init asks for what was not said',
  async () => {
    const { press, says, ended, text } = inTerminal('init')
    await says(/In which folder\?/)
    press('asked\r')
    await says(/What shall it begin with\?/)
    press('\u001B[B')
    press('\r')
    await says(/Install the packages with npm\?/)
    press('n')
    expect([await ended, text()]).toEqual([0, expect.stringMatching(/\+ asked\/order-paid\.ts[^]*Next:/)])
  },
  60_000,
)
