import { spawn } from 'node:child_process'
import { relative, resolve } from 'node:path'
import { TenonError } from '../../base/errors.ts'
import { exitCodes, textOption, type CommandDefinition, type CommandInput } from '../command.ts'
import { ourPackages } from '../init/clone.ts'
import { askFor, type Answers } from '../init/questions.ts'
import { isAtLeast, nodeOnPath, oldestNode } from '../node-on-path.ts'
import { templates, type Template } from '../init/templates.ts'
import { projectName, writeProject, type WrittenProject } from '../init/write-project.ts'

export const command: CommandDefinition = {
  summary: 'Make a new project: an app, a flow and its test, ready to run.',
  arguments: [['[folder]', 'where (default: this folder); made when it is not there']],
  options: [
    [
      '--template <name>',
      `what it begins with: ${templates.map(({ name }) => name).join(' or ')} (default: blank)`,
      templates.map(({ name }) => name),
    ],
    ['--name <name>', 'name of the package (default: that of the folder)'],
    ['--install', 'install the packages with npm'],
    ['--no-install', 'write the files only (default, unless asked)'],
    ['--yes', 'ask nothing'],
  ],
  examples: [
    ['tenon init my-app', 'asks what to begin with, at a terminal'],
    ['tenon init my-app --template order-paid --install', 'asks nothing'],
    ['tenon init --yes', 'in this folder; what is there stays as it is'],
  ],
  async run(input) {
    const answers = await answersOf(input)
    if (answers === null) return exitCodes.failed
    const { folder } = answers
    const template = templateNamed(answers.template)
    const name = projectName(textOption(input, 'name'), folder)
    const written = writeProject({ template, folder, name })
    if (!input.json) tell(input, answers, written)
    const isInstalled = answers.install && (await install(folder, input.json))
    if (input.json)
      input.terminal.out(
        JSON.stringify({ folder: resolve(folder), name, template: template.name, ...written, installed: isInstalled }),
      )
    else {
      sayNext(input, template, folder, isInstalled)
      await sayOfOldNode(input)
    }
    return answers.install && !isInstalled ? exitCodes.failed : exitCodes.good
  },
}

async function answersOf(input: CommandInput): Promise<Answers | null> {
  const [folder] = input.arguments
  const template = textOption(input, 'template')
  const wish = input.options['install']
  const install = typeof wish === 'boolean' ? wish : undefined
  const asks = process.stdin.isTTY && process.stdout.isTTY && input.options['yes'] !== true && !input.json
  // A wrong name is told before anything is asked.
  if (template !== undefined) templateNamed(template)
  if (asks) return askFor({ folder, template, install })
  return { folder: folder ?? '.', template: template ?? 'blank', install: install ?? false }
}

function templateNamed(name: string): Template {
  const found = templates.find((template) => template.name === name)
  if (found !== undefined) return found
  const known = templates.map((template) => `${template.name}: ${template.summary}`).join('\n  ')
  throw new TenonError('INPUT_INVALID', `There is no template ${JSON.stringify(name)}. There are:\n  ${known}`)
}

function tell({ terminal }: CommandInput, { folder }: Answers, { written, kept }: WrittenProject): void {
  const { colours } = terminal
  terminal.out('')
  for (const file of written) terminal.out(`  ${colours.green('+')} ${folder === '.' ? file : `${folder}/${file}`}`)
  for (const file of kept) terminal.out(`  ${colours.dim(`· ${file} was there, and stays as it is`)}`)
  if (!kept.includes('package.json')) return
  terminal.out('')
  terminal.out('  Your package.json needs this:')
  terminal.out('    npm pkg set type=module scripts.dev="tenon dev" scripts.test="vitest run"')
  const packages = Object.values(ourPackages(folder)).map((spec) => spec.replace(/^file:/, ''))
  terminal.out(`    npm install ${packages.join(' ')} zod`)
  terminal.out('    npm install --save-dev typescript vitest @types/node')
}

function sayNext({ terminal }: CommandInput, { tryIt }: Template, folder: string, isInstalled: boolean): void {
  const { colours } = terminal
  const lines = [
    ...(resolve(folder) === resolve('.') ? [] : [[`cd ${relative('', resolve(folder)) || '.'}`, '']]),
    ...(isInstalled ? [] : [['npm install', '']]),
    ['npm run dev', 'starts it, and takes up every change'],
    [tryIt, 'in a second terminal: something happens'],
    ['npm test', 'its tests'],
  ] as const
  const widest = Math.min(56, Math.max(...lines.map(([line = '']) => line.length)))
  terminal.out('')
  terminal.out('  Next:')
  for (const [line = '', what = ''] of lines)
    terminal.out(`    ${colours.bold(line.padEnd(widest))}${what === '' ? '' : `   ${colours.dim(what)}`}`.trimEnd())
  terminal.out('')
}

async function sayOfOldNode({ terminal }: CommandInput): Promise<void> {
  const [version, floor] = [await nodeOnPath(), oldestNode()]
  if (version === null || isAtLeast(version, floor)) return
  terminal.out(`  Your Node is ${version}. The tests need ${floor} or newer: nodejs.org`)
  terminal.out('')
}

/** Whether npm could. What it says goes to the terminal. */
function install(folder: string, isQuiet: boolean): Promise<boolean> {
  return new Promise((done) => {
    const child = spawn('npm', ['install', '--no-audit', '--no-fund'], {
      cwd: folder,
      stdio: ['ignore', isQuiet ? 'ignore' : 'inherit', 'inherit'],
      shell: process.platform === 'win32',
    })
    child.on('error', () => done(false))
    child.on('close', (code) => done(code === 0))
  })
}
