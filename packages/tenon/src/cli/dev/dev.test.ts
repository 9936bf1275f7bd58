import { existsSync, readFileSync, renameSync, rmSync } from 'node:fs'
import { request } from 'node:http'
import { join } from 'node:path'
import { afterAll, afterEach, beforeEach, describe, expect, test } from 'vitest'
import { createWorkplace, type Begun } from '../process.fixture.ts'

let { folder, begin, tenon, write, clear, remove } = createWorkplace()
const removals = [remove]
beforeEach(() => {
  // What a killed loop leaves behind ends by itself, a little later.
  ;({ folder, begin, tenon, write, clear, remove } = createWorkplace())
  removals.push(remove)
})
afterEach(() => clear())
afterAll(() => {
  for (const removeOne of removals) removeOne()
})

/** The way most editors save: the old file stays whole until the new one takes its place. */
function save(name: string, text: string): void {
  write(`${name}~`, text)
  renameSync(join(folder, `${name}~`), join(folder, name))
}

const flow = (body: string): string => `
import { defineFlow, manual, signal } from 'tenon'
export const report = defineFlow('report', {
  trigger: manual(),
  waits: { go: signal() },
  async run({ step }) {
    ${body}
  },
})
`
const waits = (word: string): string =>
  flow(`await step.run('look', () => 7)\n    await step.waitFor('go')\n    return '${word}'`)
const app = `
import { defineApp } from 'tenon'
import { report } from './report.ts'
export default defineApp({ flows: [report] })
`

function writeApp(text = waits('old')): void {
  write('report.ts', text)
  write('app.ts', app)
}

async function startDev(...words: string[]): Promise<Begun & { url: string }> {
  const dev = begin('dev', '--app', 'app.ts', ...words)
  const url = await dev.said(/address +(http:\S+)/)
  return { ...dev, url }
}

async function startWaiting(dev: Begun, id: string): Promise<void> {
  await tenon('runs', 'start', 'report', '--id', id)
  await dev.said(/◷ go +waits/)
}

const outcome = async (id: string): Promise<string> => (await tenon('runs', 'show', id, '--json')).out

/** The status of a GET; `null` when there was no answer. */
function ask(url: string): Promise<number | null> {
  return new Promise((resolve) => {
    const sent = request(`${url}/health`, { agent: false }, (answer) => {
      answer.resume()
      resolve(answer.statusCode ?? null)
    })
    sent.on('error', () => resolve(null))
    sent.end()
  })
}

describe('a change of the code', () => {
  test('is taken up in the same place, and a run that waits goes on with the new code', async () => {
    writeApp()
    const dev = await startDev()
    await startWaiting(dev, 'may')
    write('report.ts', waits('new'))
    await dev.said(/report\.ts changed: reloaded in .*; 1 run goes on/)
    await tenon('runs', 'signal', 'may', 'go')
    await dev.said(/✓ report +.*completed/)
    expect(await outcome('may')).toContain('new')
    expect(dev.out().match(/address/g)).toHaveLength(1)
  }, 40_000)

  test('that runs do not fit is told before, and they are kept', async () => {
    writeApp()
    const dev = await startDev()
    await startWaiting(dev, 'may')
    write('report.ts', flow(`await step.run('other', () => 7)\n    await step.waitFor('go')`))
    await dev.said(
      /1 run would stop and wait for a person under app\.ts:\n.*\n +it has done +look\n +the code does +other/,
    )
    await dev.said(/changed: reloaded/)
    dev.forget()
    write('report.ts', waits('again'))
    await dev.said(/changed: reloaded/)
    await tenon('runs', 'signal', 'may', 'go')
    await tenon('runs', 'retry', 'may')
    await dev.said(/✓ report +.*completed/)
    expect(await outcome('may')).toContain('again')
  }, 40_000)

  test('in a file that is new is seen, and one that changes nothing is not', async () => {
    writeApp()
    const dev = await startDev()
    write('report.ts', `export { word } from './word.ts'\n${waits('old')}`)
    await dev.said(/word\.ts/)
    await dev.said(/The code before goes on running/)
    write('word.ts', `export const word = 'a'\n`)
    await dev.said(/word\.ts changed: reloaded/)
    dev.forget()
    save('word.ts', `export const word = 'a'\n`)
    save('stranger.ts', 'export {}\n')
    save('word.ts', `export const word = 'b'\n`)
    await dev.said(/word\.ts changed: reloaded/)
    expect(dev.out().match(/changed: reloaded/g)).toHaveLength(2)
  }, 40_000)

  test('saved the way editors do, and in a burst, is one reload; nobody who asks meanwhile is turned away', async () => {
    writeApp()
    const dev = await startDev()
    let asks = true
    const answers: (number | null)[] = []
    const asking = (async () => {
      while (asks) answers.push(await ask(dev.url))
    })()
    for (let number = 0; number < 20; number += 1) {
      save('report.ts', waits(`word ${number}`))
    }
    await dev.said(/changed: reloaded/)
    await tenon('runs', 'start', 'report', '--id', 'after')
    asks = false
    await asking
    expect(answers.length).toBeGreaterThan(5)
    expect(answers.filter((status) => status !== 200 && status !== 503)).toEqual([])
    expect(dev.out().match(/changed: reloaded/g)?.length).toBeLessThanOrEqual(2)
  }, 40_000)
})

describe('code that is broken', () => {
  test('at the first start is told with its place; the app comes up when it is right', async () => {
    writeApp(`${waits('old')}\nconst broken = [1, 2 oops]\n`)
    const dev = begin('dev', '--app', 'app.ts')
    await dev.said(/report\.ts:13:22 stops with: SyntaxError/)
    await dev.said(/› 13 │ const broken = \[1, 2 oops\]\n +│ {22}\^/)
    await dev.said(/Nothing runs/)
    writeApp()
    await dev.said(/address +(http:\S+)/)
  }, 40_000)

  test.each([
    ['throws', "throw new Error('no tax table')", /report\.ts:1:7 stops with: no tax table/],
    [
      'has a mistake in a definition',
      waits('x').replace('trigger:', "timeout: '2 hours', trigger:"),
      /timeout is "2 hours"/,
    ],
    ['ends the process', 'process.exit(4)', /ended with code 4 before it was up/],
    [
      'never ends',
      'for (let n = 0; ; n += 1) Math.sqrt(n)',
      /report\.ts:1:\d+ does not finish: the app is still loading there/,
    ],
    [
      'awaits what never comes',
      'await new Promise(() => {})',
      /something that it awaits .* does not come|ended with code 13/,
    ],
  ])(
    'and %s leaves the old code running',
    async (_what, text, told) => {
      writeApp()
      const dev = await startDev('--import-limit', '3s')
      await startWaiting(dev, 'may')
      write('report.ts', text.includes('report') ? text : `${text}\nexport const report = null\n`)
      await dev.said(told)
      await dev.said(/The code before goes on running/)
      expect(await ask(dev.url)).toBe(200)
      await tenon('runs', 'signal', 'may', 'go')
      await dev.said(/✓ report +.*completed/)
      write('report.ts', waits('right'))
      await dev.said(/changed: reloaded/)
    },
    60_000,
  )

  test('because the file is gone is told; it comes back', async () => {
    writeApp()
    const dev = await startDev()
    rmSync(join(folder, 'app.ts'))
    await dev.said(/There is no file app\.ts/)
    expect(await ask(dev.url)).toBe(200)
    write('app.ts', `${app}// back\n`)
    await dev.said(/changed: reloaded/)
  }, 40_000)

  test('in its types only runs, and the mistake is shown where it is', async () => {
    writeApp(
      waits('old').replace('() => 7', '() => 7 + missing.length').replace("'look', ()", "'look', (missing = [])"),
    )
    write('report.ts', `const amount: number = 'seven'\n${waits('old')}`)
    const dev = await startDev()
    await dev.said(/report\.ts:1:7\n +TS2322: Type 'string' is not assignable to type 'number'\.\n +› 1 │ const amount/)
    write('report.ts', waits('new'))
    await dev.said(/types are right/)
  }, 60_000)
})

describe('the process', () => {
  test('that does not react is ended, and its run is kept', async () => {
    writeApp(flow(`await step.waitFor('go')\n    for (;;) Math.sqrt(2)`))
    const dev = await startDev()
    await startWaiting(dev, 'may')
    await tenon('runs', 'signal', 'may', 'go')
    write('report.ts', flow(`await step.waitFor('go')\n    return 'done'`))
    await dev.said(/the app did not react and was ended/)
    await dev.said(/✓ report +.*completed/)
  }, 60_000)

  test('that ends by itself is told of, and started by the next change', async () => {
    writeApp(flow('process.exit(9)'))
    const dev = await startDev()
    await tenon('runs', 'start', 'report', '--id', 'may')
    await dev.said(/the process of the app ended with code 9/)
    write('report.ts', flow(`return 'well'`))
    await dev.said(/✓ report +.*completed/)
  }, 60_000)

  test('Ctrl-C during a reload ends everything in good order', async () => {
    writeApp()
    const dev = await startDev()
    await startWaiting(dev, 'may')
    write('report.ts', 'export const report = null\nfor (;;) Math.sqrt(2)\n')
    // Also the limit of the import must not be waited for.
    await new Promise((resolve) => setTimeout(resolve, 700))
    dev.child.kill('SIGINT')
    const { code, out } = await dev.ended
    expect(code).toBe(0)
    expect(out).toContain('Stopped. 1 run waits')
    expect((await tenon('runs', 'list')).code).toBe(3)
  }, 40_000)

  test('a port that is taken is an error at once', async () => {
    writeApp()
    const dev = await startDev()
    const { code, err } = await tenon('dev', '--port', new URL(dev.url).port, '--data', join(folder, 'second'))
    expect([code, err]).toEqual([1, expect.stringContaining('is in use by another program')])
  }, 40_000)

  test('a data folder that another process has is an error at once', async () => {
    writeApp()
    await startDev()
    const { code, err } = await tenon('dev')
    expect([code, err]).toEqual([1, expect.stringMatching(/is in use by process \d+/)])
  }, 40_000)
})

describe('a loop that is killed', () => {
  test('leaves nothing behind, not even a process that is in an endless loop', async () => {
    write('app.ts', `import { writeFileSync } from 'node:fs'\nwriteFileSync('pid', String(process.pid))\nfor (;;);\n`)
    const dev = begin('dev', '--app', 'app.ts', '--no-types')
    const pid = await until(() => {
      const path = join(folder, 'pid')
      return existsSync(path) && Number(readFileSync(path, 'utf8')) > 0 ? Number(readFileSync(path, 'utf8')) : null
    })
    dev.child.kill('SIGKILL')
    await dev.ended
    await until(() => (isThere(pid) ? null : true))
  })
})

/** What that says, once it says something. */
async function until<Value>(ask: () => Value | null): Promise<Value> {
  for (let tries = 0; tries < 500; tries += 1) {
    const found = ask()
    if (found !== null) return found
    await new Promise((resolve) => setTimeout(resolve, 50))
  }
  throw new Error('it did not come to that')
}

function isThere(pid: number): boolean {
  try {
    return process.kill(pid, 0)
  } catch {
    return false
  }
}
