// Every gate besides the tests, each with its time and result; a gate that fails prints what it found.
import { type Ended, runNode, runTool } from './tool.ts'

const gates: Readonly<Record<string, () => Promise<Ended>>> = {
  format: () => runTool('oxfmt', ['--check']),
  lint: () => runTool('oxlint', ['--type-aware', '--report-unused-disable-directives', '--deny-warnings']),
  types: () => runTool('typescript', ['-p', 'tsconfig.json']),
  'declared types': () => runTool('typescript', ['-p', 'packages/tenon/tsconfig.json']),
  'console types': () => runTool('typescript', ['-p', 'packages/console/tsconfig.json']),
  floors: () => runTool('vitest', ['run', 'tests/architecture.test.ts']),
  'dead code': () => runTool('knip', ['--treat-config-hints-as-errors']),
  copies: () => runTool('jscpd', []),
  licences: () => runNode(['scripts/licences.ts']),
  documents: () => runNode(['scripts/docs/check.ts']),
}

const wanted = process.argv.slice(2)
const chosen = Object.entries(gates).filter(([name]) => wanted.length === 0 || wanted.includes(name))
let failed = 0

for (const [name, gate] of chosen) {
  const started = performance.now()
  const { code, output } = await gate()
  const seconds = ((performance.now() - started) / 1000).toFixed(1)
  if (code !== 0) {
    failed += 1
    process.stdout.write(output)
  }
  console.log(`${code === 0 ? 'passed' : 'FAILED'}  ${name} (${seconds} s)`)
}
console.log(`${chosen.length - failed} passed, ${failed} failed`)
process.exitCode = failed > 0 || chosen.length === 0 ? 1 : 0
