// Emits .js and .d.ts for publishing; tenon first, because the connectors' build reads its declarations.
import { copyFileSync, rmSync } from 'node:fs'
import { join } from 'node:path'
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
