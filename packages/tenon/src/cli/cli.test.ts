import { globSync } from 'node:fs'
import { get } from 'node:http'
import { join } from 'node:path'
import { afterAll, afterEach, describe, expect, test } from 'vitest'
import { exitCodeMeanings, type CommandDefinition } from './command.ts'
import { createWorkplace } from './process.fixture.ts'
import { allOptionsOf, commandNames } from './registry.ts'

const { folder, begin, tenon, write, clear, remove } = createWorkplace()
afterEach(clear)
afterAll(remove)

const flowApp = (options: string, body = ''): string => `
import { defineApp, defineFlow, manual, signal } from 'tenon'
const flow = defineFlow('report', { trigger: manual(), ${options} async run({ step }) { ${body} } })
export default defineApp({ flows: [flow] })
`

describe('a broken app is refused with file, name and remedy', () => {
  test.each([
    [
      'a mistake in a definition',
      flowApp("timeout: '2 hours',"),
      /^broken\.ts has a mistake:\n {2}flow report: timeout is "2 hours", .*\n {4}Write a number and a unit/,
    ],
    [
      'an exception at import',
      "import { defineApp } from 'tenon'\n\nthrow new Error('no such tax table')\n",
      /^broken\.ts:3:7 stops with: no such tax table$/,
    ],
    ['an import that is not there', "import { x } from './nothing.ts'\n", /^broken\.ts.* stops with: .*nothing\.ts/],
    [
      'a name that is not exported',
      "import { defineFlux } from 'tenon'\n",
      /^broken\.ts:1.* stops with: SyntaxError: .*defineFlux/,
    ],
    ['a mistake in the syntax', 'export default {\n  oops oops\n}\n', /^broken\.ts:2.* stops with: SyntaxError/],
    [
      'no app in it',
      'export default 7\n',
      /^broken\.ts does not export an app\. End it with: export default defineApp/,
    ],
  ])('%s', async (_what, text, expected) => {
    const { code, out, err } = await tenon('start', '--app', write('broken.ts', text))
    expect([code, out]).toEqual([1, ''])
    expect(err.trim()).toMatch(expected)
    expect(err).not.toMatch(/node_modules|at async/)
  })

  test('a file that is not there', async () => {
    expect(await tenon('check', '--app', 'nowhere.ts')).toMatchObject({
      code: 1,
      err: expect.stringContaining('There is no file nowhere.ts') as string,
    })
  })

  test('with --json the mistakes are data, and nothing else is printed', async () => {
    const { code, out, err } = await tenon(
      'check',
      '--json',
      '--app',
      write('broken.ts', flowApp("timeout: '2 hours',")),
    )
    expect([code, err]).toEqual([1, ''])
    expect(JSON.parse(out)).toMatchObject({
      problems: [{ where: 'flow report', remedy: expect.stringContaining('timeout') as string }],
    })
  })
})

describe('a server and its command line', () => {
  test('what is started anew behind the failed run that holds its key says how it gets its turn', async () => {
    const body = "if ((await step.run('look', () => 7)) === 7) throw new Error('no')"
    const app = write('app.ts', flowApp("key: () => 'SO-1',", body))
    const { child, ended, said } = begin('start', '--app', app)
    await said(/address +(http:\S+)/)
    await tenon('runs', 'start', 'report', '--id', 'first')
    await said(/✗ report/)

    const { out } = await tenon('runs', 'retry', 'first', '--anew')
    expect(out).toMatch(/Started anew[^]*run first holds its key[^]*npx tenon runs cancel first/)
    expect((await tenon('runs', 'cancel', 'first')).code).toBe(0)
    await said(/✗ report/) // the new one had its turn
    await tenon('runs', 'cancel', /runs show (\S+)/.exec(out)?.[1] ?? '')
    await expect
      .poll(async () => (await tenon('runs', 'list')).out, { timeout: 15_000 })
      .toMatch(/cancelled[^]*cancelled/)

    child.kill('SIGINT')
    await ended
  })

  test('it starts, runs are steered, and Ctrl-C that comes three times drains once', async () => {
    const app = write(
      'app.ts',
      flowApp('waits: { go: signal() },', "await step.run('look', () => 7); await step.waitFor('go')"),
    )
    const { child, ended, said } = begin('start', '--app', app)
    await said(/address +(http:\S+)/)
    const started = JSON.parse((await tenon('runs', 'start', 'report', '--id', 'may-2026', '--json')).out) as {
      run: string
    }
    await said(/◷ go +waits/)

    expect(await tenon('runs', 'list', '--limit', '0')).toMatchObject({
      code: 1,
      err: '--limit is not understood; expected a whole number from 1 to 500.\n',
    })
    expect(await tenon('simulate', 'nope')).toMatchObject({
      code: 1,
      err: 'There is no simulator of nope. Running: none.\n',
    })
    const list = await tenon('runs', 'list')
    expect(list.out).toMatch(/may-2026 +report +◷ waiting/)
    const shown = await tenon('runs', 'show', started.run.slice(-5))
    expect(shown.out).toMatch(/✓ look [^]*◷ go /)
    expect((await tenon('check', '--app', app)).out).toContain('fits all 1 living run')
    expect((await tenon('runs', 'signal', 'may-2026', 'go')).code).toBe(0)
    await said(/✓ report .*completed/)

    for (const signal of ['SIGINT', 'SIGINT', 'SIGTERM'] as const) child.kill(signal)
    const { code, out } = await ended
    expect(code).toBe(0)
    expect(out.match(/Stopped\./g)).toHaveLength(1)
    expect(out).toContain('Nothing is waiting')
  }, 90_000)

  test('the greeting and `tenon console` print links that let a person in, once each', async () => {
    const data = join(folder, 'console')
    const app = write('app.ts', flowApp(''))
    const { said } = begin('start', '--data', data, '--app', app)
    const greeted = await said(/console +(http:\S+)/)
    const printed = await tenon('console', '--data', data, '--by', 'mia')
    const { url } = JSON.parse((await tenon('console', '--data', data, '--json')).out) as { url: string }
    const enter = async (link: string): Promise<number> => {
      const { origin, searchParams } = new URL(link)
      const body = new URLSearchParams({ token: searchParams.get('token') ?? '' })
      const form = { method: 'POST', redirect: 'manual', headers: { origin }, body } as const
      return (await fetch(`${origin}/console/sign-in`, form)).status
    }
    const links = [greeted, printed.out.split('\n', 1)[0] ?? '', url]
    for (const link of links) expect([await enter(link), await enter(link)]).toEqual([303, 403])
    expect(printed.out).toContain('It opens once')
  }, 30_000)

  test('SEC-16: it listens where it is told to, and elsewhere nobody is let in by a name that is not ours', async () => {
    const app = write('app.ts', flowApp(''))
    const { said } = begin('start', '--host', '0.0.0.0', '--data', join(folder, 'open'), '--app', app)
    const { port } = new URL(await said(/address +(http:\/\/127\.0\.0\.1:\S+)/))
    const statusOf = async (path: string, host: string): Promise<number> =>
      new Promise((resolve, reject) => {
        const asked = get({ host: '127.0.0.2', port, path, headers: { host } }, ({ statusCode = 0 }) =>
          resolve(statusCode),
        )
        asked.on('error', reject)
      })
    expect(await statusOf('/health', 'pod-7.tenon')).toBe(200)
    expect(await statusOf('/console/', 'pod-7.tenon')).toBe(403)
  })

  test('a data folder that is typed comes before the server that the environment names', async () => {
    Object.assign(process.env, { TENON_SERVER: 'http://127.0.0.1:9', TENON_OPERATOR_TOKEN: 'a'.repeat(40) })
    const place = createWorkplace()
    try {
      const [named, typed] = [await place.tenon('runs', 'list'), await place.tenon('runs', 'list', '--data', 'none')]
      expect([named.code, named.err]).toEqual([3, expect.stringContaining('No server answers at 127.0.0.1:9')])
      expect([typed.code, typed.err]).toEqual([3, expect.stringContaining('No server is running on the data folder')])
    } finally {
      delete process.env['TENON_SERVER']
      delete process.env['TENON_OPERATOR_TOKEN']
      place.remove()
    }
  })

  test('what waits is said at the end', async () => {
    const { child, ended, said } = begin(
      'start',
      '--data',
      join(folder, 'waiting'),
      '--app',
      write('app.ts', flowApp('', "await step.sleep('1h')")),
    )
    await said(/address +(http:\S+)/)
    await tenon('runs', 'start', 'report', '--data', join(folder, 'waiting'))
    await said(/◷ sleep +for 1 h/)
    child.kill('SIGTERM')
    expect((await ended).out).toContain('Stopped. 1 run waits: all of it goes on at the next start.')
  }, 30_000)

  test('what the app leaves running does not keep the process once all is closed', async () => {
    const app = write('app.ts', `setInterval(() => undefined, 1000)\n${flowApp('')}`)
    const { child, ended, said } = begin('start', '--data', join(folder, 'kept'), '--app', app)
    await said(/address +(http:\S+)/)
    child.kill('SIGTERM')
    expect(await ended).toMatchObject({ code: 0, out: expect.stringContaining('Stopped.') as string })
  }, 30_000)

  test('without a server there is a clear sentence and an exit code of its own', async () => {
    expect(await tenon('runs', 'list', '--data', join(folder, 'empty'))).toMatchObject({
      code: 3,
      err: expect.stringMatching(/No server is running on the data folder .*empty/) as string,
    })
    const { code, out } = await tenon('runs', 'list', '--json', '--data', join(folder, 'empty'))
    expect([code, JSON.parse(out)]).toMatchObject([3, { error: { code: 'NOT_FOUND' } }])
  })
})

describe('help', () => {
  test('names all commands and the exit codes', async () => {
    const { code, out } = await tenon('--help')
    expect(code).toBe(0)
    for (const name of commandNames) expect(out).toMatch(new RegExp(`^ {2}${name} +\\S`, 'm'))
    for (const [exit, meaning] of exitCodeMeanings)
      expect(out).toMatch(new RegExp(`^ {2}${exit} +${meaning.slice(0, 20)}`, 'm'))
  })

  test.each([
    ['init'],
    ['dev'],
    ['doctor'],
    ['console'],
    ['completion'],
    ['start'],
    ['check'],
    ['simulate'],
    ['connect'],
    ['connections', 'list'],
    ['connections', 'show'],
    ['connections', 'test'],
    ['connections', 'remove'],
    ['console'],
    ['runs', 'list'],
    ['runs', 'show'],
    ['runs', 'start'],
    ['runs', 'retry'],
    ['runs', 'cancel'],
    ['runs', 'signal'],
    ['runs', 'decide'],
  ])('tenon %s %s has examples', async (...words) => {
    const { code, out } = await tenon(...words.filter(Boolean), '--help')
    expect(code).toBe(0)
    expect(out).toMatch(new RegExp(`Examples:\n[^]* {2}.*tenon ${words.filter(Boolean).join(' ')}`))
  })

  test('a reader that stops reading is no failure', async () => {
    const { child, ended } = begin('runs', 'list', '--help')
    child.stdout?.destroy()
    expect(await ended).toMatchObject({ code: 0, err: '' })
  })

  test.each([
    [['strat'], 'start'],
    [['runs', 'shwo', 'x'], 'show'],
    [['start', '--ap', 'x'], '--app'],
  ])('%j: the nearest that there is is suggested', async (words, nearest) => {
    expect(await tenon(...words)).toMatchObject({
      code: 2,
      err: expect.stringContaining(`(Did you mean ${nearest}?)`) as string,
    })
  })

  test('every argument and option of every command is explained', async () => {
    const commands = join(import.meta.dirname, 'commands')
    for (const path of globSync('**/*.ts', { cwd: commands })) {
      const { command } = (await import(/* @vite-ignore */ join(commands, path))) as { command?: CommandDefinition }
      if (command === undefined) continue
      const named = [...(command.arguments ?? []), ...allOptionsOf(command)]
      expect([path, command.examples.length > 0]).toEqual([path, true])
      for (const [name, what] of named) expect([path, name, what.length > 3]).toEqual([path, name, true])
    }
  })

  test('wrong use is told apart from failure', async () => {
    expect((await tenon('dance')).code).toBe(2)
    expect((await tenon('runs', 'show')).code).toBe(2)
    expect((await tenon('start', '--port', 'many')).err).toContain('The port "many" is not a whole number')
    expect((await tenon('start', '--host', 'everywhere')).err).toContain('"everywhere" is not an IP address')
    // RFC 5737: no machine has it.
    write('app.ts', flowApp(''))
    expect((await tenon('start', '--host', '192.0.2.1')).err).toContain('This machine has no address 192.0.2.1')
  })
})
