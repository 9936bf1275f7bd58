import { existsSync, readFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { dirname, join, resolve } from 'node:path'
import { parseJson } from '../../base/json.ts'
import { findConsole } from '../../server/console/files.ts'
import { version } from '../../server/version.ts'
import { isAtLeast, nodeOnPath, oldestNode, versionOfTool } from '../node-on-path.ts'
import { findingsOf, type Examined, type Finding } from './finding.ts'

interface Manifest {
  readonly version?: string
  readonly type?: string
}

/** Node, the machine, npm. */
export async function examineEnvironment(): Promise<readonly Finding[]> {
  const { ok, warn, fail } = findingsOf('environment')
  const floor = oldestNode()
  const node = `Node ${process.versions.node} on ${process.platform} ${process.arch}`
  const [onPath, npm] = await Promise.all([nodeOnPath(), versionOfTool('npm')])
  return [
    isAtLeast(process.versions.node, floor)
      ? ok(node)
      : fail(`${node}, and Tenon needs ${floor} or newer`, 'Install a newer Node from nodejs.org.'),
    ...(onPath === null || isAtLeast(onPath, floor)
      ? []
      : [
          warn(
            `your own node is ${onPath}: Tenon brings a newer one for itself, but tests and other tools run on yours`,
            `Install Node ${floor} or newer from nodejs.org.`,
          ),
        ]),
    process.platform === 'win32'
      ? warn('Windows is not tested as much as Linux and macOS', 'For production take Linux.')
      : ok(`user ${process.getuid?.() === 0 ? 'root' : String(process.getuid?.() ?? '')}`.trim()),
    npm === null
      ? warn('npm is not there', 'It comes with Node; nothing but installing packages needs it.')
      : ok(`npm ${npm}`),
  ]
}

/** The packages as the app finds them. */
export function examinePackages({ appFile }: Examined): readonly Finding[] {
  const { ok, warn, fail } = findingsOf('packages')
  const from = createRequire(resolve(appFile))
  const found = (name: string): string | null => versionOf(from, name)
  const [tenon, connectors] = [found('tenon'), found('@tenon/connectors')]
  const findings: Finding[] = []
  if (tenon === null) findings.push(fail(`tenon ${version}, but the app finds no package tenon`, 'npm install tenon'))
  else if (tenon !== version)
    findings.push(
      fail(
        `the app finds tenon ${tenon}, but this is tenon ${version}`,
        'Use the one of the project: npx tenon doctor',
      ),
    )
  else findings.push(ok(`tenon ${version}`))
  if (connectors === null)
    findings.push(
      warn('@tenon/connectors is not installed', 'Only an app with connectors needs it: npm install @tenon/connectors'),
    )
  else if (connectors !== version)
    findings.push(
      fail(
        `@tenon/connectors ${connectors} does not go with tenon ${version}`,
        `npm install tenon@${version} @tenon/connectors@${version}`,
      ),
    )
  else findings.push(ok(`@tenon/connectors ${connectors}`))
  const typescript = found('typescript')
  findings.push(
    typescript === null
      ? warn('TypeScript is not installed: tenon dev checks no types', 'npm install --save-dev typescript')
      : ok(`TypeScript ${typescript}`),
    consoleFinding(),
  )
  return findings
}

function consoleFinding(): Finding {
  const { ok, warn } = findingsOf('packages')
  const folder = findConsole()
  if (folder === null) return warn('the console is not installed', 'npm install @tenon/console')
  if (!existsSync(join(folder, 'index.html')))
    return warn('the console is not built', 'In the repository: npm run build (npm start does it by itself).')
  return ok('the console is built')
}

/** Not by its exports: a package need not let its manifest be asked for. */
function versionOf(from: NodeJS.Require, name: string): string | null {
  for (const folder of from.resolve.paths(name) ?? []) {
    const manifest = readManifest(join(folder, name, 'package.json'))
    if (manifest !== null) return manifest.version ?? null
  }
  const own = join(dirname(from.resolve.paths('.')?.[0] ?? '.'), 'package.json')
  return name === 'tenon' && existsSync(own) ? (readManifest(own)?.version ?? null) : null
}

function readManifest(path: string | URL): Manifest | null {
  try {
    return parseJson(readFileSync(path, 'utf8')) as Manifest
  } catch {
    return null
  }
}
