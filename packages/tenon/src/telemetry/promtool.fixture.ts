import { spawnSync } from 'node:child_process'
import type { TestContext } from 'vitest'

/** What Prometheus' own checker finds wrong with a text of metrics; skips the test where it is not installed. */
export function promtoolProblems(text: string, context: TestContext): string {
  const { error, status, stdout, stderr } = spawnSync('promtool', ['check', 'metrics'], {
    input: text,
    encoding: 'utf8',
  })
  if (error !== undefined) context.skip('needs promtool (Debian package prometheus)')
  return status === 0 ? '' : `${stdout}${stderr}`
}
