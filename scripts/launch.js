// The one way in: `npm start`, `npm test` and the others run `node scripts/launch.js <command>`, on whatever Node the machine has.
import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { cli, findNode, hasChoice, relay, tooOld } from '../packages/tenon/bin/runtime.js'
import { buildConsole } from './console.js'
import { install, isInstalled } from './install.js'

const root = fileURLToPath(new URL('..', import.meta.url))

/** @type {Readonly<Record<string, readonly string[]>>} */
const commands = {
  start: [cli().path, 'start', '--app', 'examples/order-paid/app.ts'],
  test: ['scripts/test.ts'],
  verify: ['scripts/verify.ts'],
  build: ['scripts/build.ts'],
  bench: ['bench/bench.ts'],
  scale: ['bench/scale.ts'],
  chaos: ['tests/chaos/chaos.ts'],
  simulation: ['tests/simulation/simulation.ts'],
  corpus: ['tests/corpus/corpus.ts'],
  linearizability: ['tests/linearizability/linearizability.ts'],
  docs: ['scripts/docs/site.ts'],
}

/** @param {string} text */
function fail(text) {
  process.stderr.write(`${text.trimEnd()}\n`)
  process.exitCode = 1
}

/**
 * A console that cannot be built stops nothing else.
 * @param {string} node
 */
async function offerConsole(node) {
  const problem = await buildConsole(root, node).catch((/** @type {Error} */ error) => error.message)
  if (problem !== undefined)
    process.stderr.write(
      `The web console could not be built: ${problem}. Everything else goes on; try npm run build.\n`,
    )
}

/** @param {string[]} args */
async function launch([name = '', ...rest]) {
  const command = Object.hasOwn(commands, name) ? commands[name] : undefined
  if (command === undefined) return fail(`Say which command: ${Object.keys(commands).join(', ')}.`)
  if (!existsSync(join(root, 'package-lock.json'))) return fail(`package-lock.json is missing in ${root}.`)

  if (!hasChoice())
    return fail(`${tooOld}None is pinned for ${process.platform}-${process.arch}: install one from nodejs.org.`)

  const problem = await install(root, () => isInstalled(root) && findNode() !== undefined)
  if (problem !== undefined) {
    return fail(
      `Installing failed: ${problem}.\nThe npm registry must be reachable (npm config get registry). Run the same command again; nothing needs cleaning up.`,
    )
  }
  const node = findNode()
  if (node === undefined)
    return fail(
      `${tooOld}The pinned Node for ${process.platform}-${process.arch} could not be installed from the registry either.`,
    )
  process.chdir(root)
  if (name === 'start') await offerConsole(node)
  relay(node, ['--conditions=source', ...command, ...rest])
}

await launch(process.argv.slice(2))
