import { randomBytes } from 'node:crypto'
import { globSync, mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, expect, test, vi } from 'vitest'
import { findCanaries } from '../../../../tests/canaries/search.ts'
import { createWorkplace, type Workplace } from './process.fixture.ts'

let work: Workplace
const reports = mkdtempSync(join(tmpdir(), 'tenon-reports-'))
afterEach(() => {
  work.clear()
  work.remove()
  vi.unstubAllEnvs()
  rmSync(reports, { recursive: true, force: true })
})

test.skipIf(process.platform === 'win32')(
  'SEC-11: a report that Node writes, as in a crash, holds nothing of the environment',
  async () => {
    const canaries = new Map([
      ['master key', randomBytes(32).toString('base64')],
      ['credential', 'sk_canary_environment'],
    ])
    vi.stubEnv('TENON_MASTER_KEY', canaries.get('master key'))
    vi.stubEnv('STRIPE_SECRET_KEY', canaries.get('credential'))
    vi.stubEnv('NODE_OPTIONS', `--report-on-signal --report-directory=${reports}`)
    work = createWorkplace()
    const file = work.write(
      'app.ts',
      `import { defineApp, defineFlow, manual } from 'tenon'
       export default defineApp({ flows: [defineFlow('tick', { trigger: manual(), run: async () => 1 })] })`,
    )
    const server = work.begin('start', '--app', file)
    await server.said(/http:\/\/127\.0\.0\.1:(\d+)/)
    server.child.kill('SIGUSR2')
    const written = await vi.waitFor(() => {
      const [name] = globSync('*.json', { cwd: reports })
      const text = readFileSync(join(reports, name ?? 'none yet'), 'utf8')
      expect(JSON.parse(text)).toHaveProperty('javascriptHeap')
      return text
    }, 15_000)
    expect(findCanaries(canaries, new Map([['the report', written]]))).toEqual([])
  },
)
