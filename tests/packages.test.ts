import { execFileSync, spawn } from 'node:child_process'
import {
  cpSync,
  existsSync,
  globSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { basename, delimiter, dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { publint } from 'publint'
import { formatMessage } from 'publint/utils'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { copyTemplates } from '../scripts/templates.ts'

const root = fileURLToPath(new URL('..', import.meta.url))
const names = ['tenon', 'connectors', 'console']

const work = mkdtempSync(join(tmpdir(), 'tenon-packages-'))
const project = join(work, 'project')

function run(program: string, args: readonly string[], cwd: string, env: NodeJS.ProcessEnv = process.env): string {
  try {
    return execFileSync(program, args, { cwd, env, encoding: 'utf8', stdio: ['ignore', 'pipe', 'pipe'] })
  } catch (error) {
    const { stdout, stderr } = error as { stdout: string; stderr: string }
    throw new Error(`${program} ${args.join(' ')} failed:\n${stdout}\n${stderr}`, { cause: error })
  }
}

const tsc = (args: readonly string[], cwd: string): string =>
  run(process.execPath, [join(root, 'node_modules/typescript/bin/tsc'), ...args], cwd)

const strict = ['--noEmit', '--strict', '--module', 'nodenext', '--target', 'es2024', '--skipLibCheck']
const nodeTypes = ['--typeRoots', join(root, 'node_modules/@types'), '--types', 'node']
const withNode = [...strict, ...nodeTypes, '--allowImportingTsExtensions', '--lib', 'es2024,esnext.disposable']

/** Folders of other tests, which come and go meanwhile, are none. */
const isSource = (name: string): boolean => !['node_modules', 'dist'].includes(name) && !name.startsWith('.test-')

/** A copy of the sources to build in, so that the working tree keeps its own dist/; the workspace links lead into the copy. */
function copySources(): void {
  mkdirSync(join(work, 'node_modules/@tenon'), { recursive: true })
  for (const name of readdirSync(join(root, 'node_modules'))) {
    if (name === 'tenon' || name === '@tenon' || name === '.bin') continue
    symlinkSync(join(root, 'node_modules', name), join(work, 'node_modules', name))
  }
  symlinkSync(join(work, 'packages/tenon'), join(work, 'node_modules/tenon'))
  symlinkSync(join(work, 'packages/connectors'), join(work, 'node_modules/@tenon/connectors'))
  cpSync(join(root, 'tsconfig.base.json'), join(work, 'tsconfig.base.json'))
  for (const name of names) {
    const from = join(root, 'packages', name)
    const to = join(work, 'packages', name)
    cpSync(from, to, { recursive: true, filter: (path) => isSource(basename(path)) })
    cpSync(join(root, 'LICENSE'), join(to, 'LICENSE'))
  }
  copyTemplates(root, join(work, 'packages/tenon'))
}

interface Manifest {
  name: string
  exports: Record<string, string | { default: string }>
}

/** Every specifier that a package's exports offer: a `*` becomes each file or folder that fits. */
function doorsOf(name: string): string[] {
  const folder = join(work, 'packages', name)
  const manifest: Manifest = JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8'))
  return Object.entries(manifest.exports).flatMap(([door, target]) => {
    if (typeof target === 'string') return []
    const specifier = `${manifest.name}${door.slice(1)}`
    if (!door.includes('*')) return [specifier]
    const files = globSync(target.default.slice(2), { cwd: folder })
    const parts = target.default.slice(2).split('*')
    const [before = '', after = ''] = [parts[0], parts.at(-1)]
    const fills = files.map((file) => file.slice(before.length, file.length - after.length).split('/')[0] ?? '')
    return fills
      .filter((fill) => fill !== '' && existsSync(join(folder, target.default.replaceAll('*', fill))))
      .map((fill) => specifier.replace('*', fill))
  })
}

function versionOf(tool: string): string {
  const { devDependencies } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8')) as {
    devDependencies: Record<string, string>
  }
  return devDependencies[tool] ?? ''
}

beforeAll(() => {
  copySources()
  for (const name of ['tenon', 'connectors']) tsc(['-p', 'tsconfig.build.json'], join(work, 'packages', name))
  const vite = join(root, 'node_modules/vite/bin/vite.js')
  run(process.execPath, [vite, 'build'], join(work, 'packages/console'), { ...process.env, NODE_ENV: 'production' })
  mkdirSync(project)
  const tarballs = names.map((name) => {
    const folder = join(work, 'packages', name)
    return join(project, run('npm', ['pack', '--silent', '--pack-destination', project], folder).trim())
  })
  writeFileSync(join(project, 'package.json'), '{ "type": "module", "private": true }')
  run('npm', ['install', '--no-audit', '--no-fund', '--ignore-scripts', '--prefer-offline', ...tarballs], project)
}, 240_000)
afterAll(() => rmSync(work, { recursive: true, force: true }))

describe('the packed packages, installed in an empty project', () => {
  test('hold neither sources nor tests', () => {
    const inside = names.flatMap((name) =>
      globSync('**/*', { cwd: join(project, 'node_modules', name === 'tenon' ? name : `@tenon/${name}`) }),
    )
    expect(inside.filter((path) => /(^|\/)src\/|^dist.*\.test\./.test(path) && !path.includes('node_modules'))).toEqual(
      [],
    )
    expect(inside).toEqual(expect.arrayContaining(['LICENSE', 'dist/index.html', 'dist/licences.md']))
  })

  test('open every door under plain Node', () => {
    // A suite is a door, too, but only Vitest can open it. A port consists of types.
    const doors = [...new Set(names.flatMap(doorsOf))].filter((door) => !door.endsWith('.suite'))
    expect(doors).toEqual(expect.arrayContaining(['tenon', 'tenon/testing', 'tenon/simulator', 'tenon/journal/sqlite']))
    expect(doors).toEqual(expect.arrayContaining(['@tenon/connectors/stripe', '@tenon/connectors/stripe/simulator']))
    const ports = ['tenon/journal/history', 'tenon/journal/journal']
    const program = `for (const door of ${JSON.stringify(doors)}) if (Object.keys(await import(door)).length === 0 && !${JSON.stringify(ports)}.includes(door)) throw new Error(door + ' is empty')`
    run(process.execPath, ['--input-type=module', '-e', program], project)
  })

  test('type a flow without any setting of ours', () => {
    const flow = `
      import { defineApp, defineFlow } from 'tenon'
      import { stripe } from '@tenon/connectors/stripe'
      const paid = defineFlow('paid', { trigger: stripe.on('payment_intent.succeeded'), uses: { stripe }, async run({ event }) { return event.id } })
      export default defineApp({ flows: [paid] })
    `
    writeFileSync(join(project, 'app.ts'), flow)
    writeFileSync(join(project, 'wrong.ts'), flow.replace('event.id', 'event.nonsense'))
    tsc([...strict, '--types', '', 'app.ts'], project)
    expect(() => tsc([...strict, '--types', '', 'wrong.ts'], project)).toThrow('nonsense')
  })

  test('let a user test an app in ten lines, under the runner that Node brings', () => {
    const lines = `
      import assert from 'node:assert/strict'
      import { test } from 'node:test'
      import { stripeSimulator } from '@tenon/connectors/stripe/simulator'
      import { testApp } from 'tenon/testing'
      import app from './app.ts'
      test('a payment starts its flow', async () => {
        await using paid = await testApp(app, { simulators: [stripeSimulator] })
        await paid.simulator('stripe').emit('payment_intent.succeeded', { amount: 4900 })
        assert.match((await paid.run()).output ?? '', /^evt_/)
      })
    `
    writeFileSync(join(project, 'app.test.ts'), lines)
    writeFileSync(join(project, 'wrong.test.ts'), lines.replace("'stripe'", "'paypal'"))
    // Vitest is not there, and nothing asks for it.
    expect(existsSync(join(project, 'node_modules/vitest'))).toBe(false)
    const args = ['--test', '--test-reporter=tap', 'app.test.ts']
    expect(run(process.execPath, args, project)).toMatch(/ok 1 - a payment starts its flow[^]*# pass 1\n# fail 0/)
    tsc([...withNode, 'app.test.ts'], project)
    expect(() => tsc([...withNode, 'wrong.test.ts'], project)).toThrow('paypal')
  })

  test('bring the command line', () => {
    const help = run(process.execPath, [join(project, 'node_modules/tenon/bin/tenon.js'), '--help'], project)
    expect(help).toContain('runs')
  })

  describe('with the tools of a new project', () => {
    // Beside them: elsewhere nothing may need these.
    const fresh = join(work, 'fresh')
    beforeAll(() => {
      mkdirSync(fresh)
      writeFileSync(join(fresh, 'package.json'), '{ "type": "module", "private": true }')
      const tarballs = globSync('*.tgz', { cwd: project }).map((file) => join(project, file))
      const tools = ['typescript', 'vitest', '@types/node'].map((name) => `${name}@${versionOf(name)}`)
      const how = ['--no-audit', '--no-fund', '--ignore-scripts', '--prefer-offline']
      run('npm', ['install', ...how, ...tarballs, ...tools], fresh)
    }, 240_000)

    test.each(['blank', 'order-paid'])(
      'make a project of template %s that starts, tests and types',
      async (template) => {
        const folder = join(fresh, template)
        const bin = join(fresh, 'node_modules/.bin')
        const path = [dirname(process.execPath), bin, process.env['PATH']].join(delimiter)
        const env = { ...process.env, PATH: path, NO_COLOR: '1', PORT: '0' }
        run('tenon', ['init', template, '--template', template], fresh, env)
        expect(readdirSync(folder)).toContain('.gitignore')
        run('npm', ['run', 'types'], folder, env)
        expect(run('npm', ['test'], folder, env)).toMatch(/Tests .*passed/)
        expect(run('npx', ['--no', 'tenon', 'check'], folder, env)).toContain('has no mistakes')

        for (const command of ['start', 'dev']) {
          const started = spawn('npm', ['run', command], {
            cwd: folder,
            env,
            detached: true,
            stdio: ['ignore', 'pipe', 'inherit'],
          })
          const ended = new Promise((resolve) => started.on('close', resolve))
          try {
            await new Promise<void>((resolve, reject) => {
              let text = ''
              started.stdout.on('data', (piece: Buffer) => {
                text += piece.toString()
                if (/address +http/.test(text)) resolve()
              })
              void ended.then(() => reject(new Error(`it did not start: ${text}`)))
            })
          } finally {
            process.kill(-(started.pid ?? 0), 'SIGTERM')
          }
          await ended
        }
      },
      120_000,
    )
  })

  test.each(names)('%s: publint finds nothing', async (name) => {
    const { messages, pkg } = await publint({ pkgDir: join(work, 'packages', name), pack: false, strict: true })
    expect(messages.map((message) => formatMessage(message, pkg))).toEqual([])
  })
})
