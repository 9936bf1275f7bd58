import { relative, resolve } from 'node:path'
import { fileURLToPath } from 'node:url'
import { parseJson } from '../../base/json.ts'

const packages = fileURLToPath(new URL('../../../../', import.meta.url))
const folders: Readonly<Record<string, string>> = {
  '@tenon/connectors': 'connectors',
  '@tenon/console': 'console',
  tenon: 'tenon',
}

/** Whether this is Tenon in a clone of its repository, not an installed package. */
export const isClone: boolean = import.meta.url.endsWith('.ts')

/** What `npm install` needs to hear for each of our packages: in a clone, where it lies, seen from that folder. */
export function ourPackages(folder: string): Readonly<Record<string, string>> {
  return Object.fromEntries(
    Object.entries(folders).map(([name, part]) => [
      name,
      isClone ? `file:${relative(resolve(folder), `${packages}${part}`).replaceAll('\\', '/')}` : name,
    ]),
  )
}

const testConfig = `import { defineConfig } from 'vitest/config'

// The packages are linked to a clone of Tenon: their sources are run, there is no build.
const conditions = ['source', 'node', 'import', 'default']

export default defineConfig({ ssr: { resolve: { conditions, externalConditions: conditions } } })
`

interface Settings {
  dependencies: Record<string, string>
  compilerOptions: Record<string, unknown>
}

/** Lets a project that is made in a clone, or by one, use the packages there as they are: linked, by their sources. */
export function linkToClone(files: ReadonlyMap<string, string>, folder: string): ReadonlyMap<string, string> {
  const linked = new Map(files)
  edit(linked, 'package.json', ({ dependencies }) => Object.assign(dependencies, ourPackages(folder)))
  edit(linked, 'tsconfig.json', ({ compilerOptions }) => (compilerOptions['customConditions'] = ['source']))
  return linked.set('vitest.config.ts', testConfig)
}

function edit(files: Map<string, string>, name: string, change: (settings: Settings) => unknown): void {
  const settings = parseJson(files.get(name) ?? '{}') as Settings
  change(settings)
  files.set(name, `${JSON.stringify(settings, null, 2)}\n`)
}
