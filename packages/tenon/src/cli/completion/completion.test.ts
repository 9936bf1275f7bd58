import { execFileSync, spawnSync } from 'node:child_process'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { createWorkplace } from '../process.fixture.ts'

const { folder, tenon, write, remove } = createWorkplace()
afterAll(remove)

beforeAll(async () => {
  for (const shell of ['bash', 'zsh', 'fish']) write(`completion.${shell}`, (await tenon('completion', shell)).out)
})

const script = (shell: string): string => join(folder, `completion.${shell}`)
const isThere = (shell: string): boolean => spawnSync(shell, ['--version']).error === undefined

/** What each shell offers after these words, the last of which is not finished; in the way that it calls a completion. */
const offers: Readonly<Record<string, (words: readonly string[]) => string[]>> = {
  bash: (words) =>
    lines('bash', [
      '-c',
      `source "$0"; COMP_WORDS=("$@"); COMP_CWORD=$(($# - 1)); _tenon; printf '%s\\n' "\${COMPREPLY[@]}"`,
      script('bash'),
      ...words,
    ]),
  zsh: (words) =>
    lines('zsh', [
      '-f',
      '-c',
      // What shows the offers is the terminal's part; here they are printed.
      `compdef() { :; }; _files() { :; }; _describe() { print -rl -- "\${(@)\${(P)2}%%:*}" }; compadd() { print -rl -- "\${(@P)2}" }
       source "$0"; words=("$@"); CURRENT=$#; _tenon`,
      script('zsh'),
      ...words,
    ]).filter((offer) => offer.startsWith(words.at(-1) ?? '')),
  fish: (words) => {
    const line = words.join(' ')
    return lines('fish', ['--no-config', '-c', `source $argv[1]; complete -C $argv[2]`, script('fish'), line]).map(
      (offer) => offer.split('\t', 1)[0] ?? '',
    )
  },
}

function lines(program: string, args: readonly string[]): string[] {
  return execFileSync(program, args, { encoding: 'utf8', cwd: folder }).split('\n').filter(Boolean)
}

describe.each(['bash', 'zsh', 'fish'].filter(isThere))('%s', (shell) => {
  test.each([
    [['d'], ['dev', 'doctor']],
    [
      ['runs', 's'],
      ['show', 'signal', 'start'],
    ],
    [['start', '--si'], ['--simulate']],
    [['runs', 'list', '--st'], ['--status']],
    [['runs', 'list', '--status', 'pa'], ['parked']],
    [['init', 'my-app', '--template', 'o'], ['order-paid']],
    [['runs', 'decide', 'x', 'y', 'did'], ['did-not-happen']],
    [['completion', 'z'], ['zsh']],
    // A word that names a command elsewhere is none here.
    [['init', 'runs', '--te'], ['--template']],
  ])('offers after tenon %j', (words, expected) => {
    expect(offers[shell]?.(['tenon', ...words]).toSorted()).toEqual(expected)
  })

  test('runs nothing of what was typed', () => {
    offers[shell]?.(['tenon', 'runs', 'show', `'$(touch ${join(folder, `ran-${shell}`)})'`, ''])
    expect(spawnSync('ls', [folder], { encoding: 'utf8' }).stdout).not.toContain('ran-')
  })
})

for (const shell of ['zsh', 'fish'].filter((name) => !isThere(name)))
  test(`in ${shell}`, (context) => context.skip(`needs ${shell}`))

test('another shell is told which there are', async () => {
  expect(await tenon('completion', 'tcsh')).toMatchObject({
    code: 1,
    err: expect.stringContaining('but for bash, zsh, fish') as string,
  })
})
