import { globSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { beforeAll, describe, expect, test } from 'vitest'
import { root, runNode } from '../scripts/tool.ts'

const outDir = join(root, '.docs-site')
const page = (path: string): string => readFileSync(join(outDir, path), 'utf8')

beforeAll(async () => {
  // A link that leads nowhere ends the build.
  const { code, output } = await runNode(['--conditions=source', 'scripts/docs/site.ts', 'build'])
  if (code !== 0) throw new Error(output)
}, 120_000)

describe('the site of the documents', () => {
  test('has a page for every document, and one search index', () => {
    const documents = globSync('**/*.md', { cwd: join(root, 'docs') }).map((path) => path.replace(/\.md$/, '.html'))
    expect(documents.length).toBeGreaterThan(30)
    expect(documents.filter((path) => !globSync(path, { cwd: outDir }).includes(path))).toEqual([])
    expect(globSync('assets/chunks/*localSearchIndex*.js', { cwd: outDir })).not.toEqual([])
  })

  test('asks nothing of any other host', () => {
    const foreign = globSync('**/*.html', { cwd: outDir }).flatMap((path) =>
      [...page(path).matchAll(/<(?:script|link|img|iframe)[^>]*\s(?:src|href)="(?:https?:)?\/\/[^"]*"/g)].map(
        ([tag]) => `${path}: ${tag}`,
      ),
    )
    expect(foreign).toEqual([])
    const styles = globSync('assets/*.css', { cwd: outDir }).map(page).join('')
    expect(styles).not.toMatch(/url\(["']?(?:https?:)?\/\//)
  })

  test('has the reference as the code says it', () => {
    expect(page('reference/cli.html')).toContain('tenon runs decide')
    expect(page('reference/api.html')).toContain('/api/v1/runs')
    expect(page('reference/settings.html')).toContain('keyUntil')
    expect(page('reference/metrics.html')).toContain('tenon_runs_started_total')
    expect(page('reference/errors.html')).toContain('OUTCOME_UNKNOWN')
  })

  test('shows each picture in the page, with words for those who do not see it', () => {
    for (const name of ['overview', 'events', 'steps', 'replay', 'calls', 'waits', 'order', 'undo', 'versions'])
      expect(page(`concepts/${name}.html`)).toMatch(/<svg role="img" aria-label="[^"]{40,}"/)
  })
})
