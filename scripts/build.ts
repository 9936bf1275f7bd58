// Emits what is published: .js and .d.ts, tenon first, because the connectors' build reads its declarations; then the console's files.
import { copyFileSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { buildConsole } from './console.js'
import { copyTemplates } from './templates.ts'
import { root, runTool } from './tool.ts'

for (const name of ['tenon', 'connectors']) {
  const folder = join(root, 'packages', name)
  rmSync(join(folder, 'dist'), { recursive: true, force: true })
  copyFileSync(join(root, 'LICENSE'), join(folder, 'LICENSE'))
  const { code, output } = await runTool('typescript', ['-p', 'tsconfig.build.json'], folder)
  process.stdout.write(output)
  if (code !== 0) process.exit(code)
  console.log(`built packages/${name}/dist`)
}

copyTemplates(root, join(root, 'packages/tenon'))
copyFileSync(join(root, 'LICENSE'), join(root, 'packages/console/LICENSE'))
const problem = await buildConsole(root, process.execPath)
if (problem !== undefined) {
  console.error(problem)
  process.exit(1)
}
console.log('built packages/console/dist')
