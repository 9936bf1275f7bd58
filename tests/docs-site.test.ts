import { spawn } from 'node:child_process'
import { existsSync, globSync, mkdirSync, readFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { join } from 'node:path'
import { chromium, type Browser, type Page } from 'playwright-core'
import { afterAll, beforeAll, describe, expect, test, type TestContext } from 'vitest'
import { root } from '../scripts/tool.ts'

const outDir = join(root, '.docs-site')
const page = (path: string): string => readFileSync(join(outDir, path), 'utf8')

const program = ['/usr/bin/chromium', '/usr/bin/chromium-browser', '/usr/bin/google-chrome'].find(existsSync)
const axe = readFileSync(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8')
const pictures = join(root, '.screenshots/docs')

let address = ''
let stop = (): void => undefined
let browser: Browser | null = null

beforeAll(async () => {
  // It builds first, and a link that leads nowhere ends the build.
  const child = spawn(process.execPath, ['--conditions=source', 'scripts/docs/site.ts'], {
    cwd: root,
    env: { ...process.env, PORT: '0' },
  })
  stop = () => void child.kill()
  address = await new Promise<string>((resolve, reject) => {
    let said = ''
    child.on('exit', () => reject(new Error(said)))
    for (const stream of [child.stdout, child.stderr])
      stream.setEncoding('utf8').on('data', (text: string) => {
        said += text
        const found = /is at (http:\S+\/)/.exec(said)?.[1]
        if (found !== undefined) resolve(found)
      })
  })
  if (program === undefined) return
  mkdirSync(pictures, { recursive: true })
  browser = await chromium.launch({ executablePath: program, args: ['--no-sandbox'] })
}, 120_000)
afterAll(async () => {
  await browser?.close()
  stop()
})

function open(
  context: Pick<TestContext, 'skip'>,
  look: { readonly scheme?: 'light' | 'dark'; readonly width?: number },
): Promise<Page> {
  if (browser === null) return context.skip('needs chromium (Debian package chromium)')
  const { scheme = 'light', width = 1280 } = look
  return browser.newPage({ colorScheme: scheme, viewport: { width, height: 900 } })
}

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
    const wanted = {
      cli: 'tenon runs decide',
      api: '/api/v1/runs',
      settings: 'keyUntil',
      metrics: 'tenon_runs_started_total',
      errors: 'OUTCOME_UNKNOWN',
    }
    const missing = Object.entries(wanted).filter(
      ([name, text]) => !page(`reference/${name}.html`).replaceAll('<wbr>', '').includes(text),
    )
    expect(missing).toEqual([])
  })

  test('shows each picture in the page, with words for those who do not see it', () => {
    for (const name of [
      'overview',
      'events',
      'steps',
      'replay',
      'calls',
      'waits',
      'order',
      'undo',
      'versions',
      'cluster',
    ])
      expect(page(`concepts/${name}.html`)).toMatch(/<svg role="img" aria-label="[^"]{40,}"/)
  })
})

const some = [
  '',
  'start.html',
  'guides/crash.html',
  'concepts/calls.html',
  'reference/settings.html',
  'reference/api.html',
]

describe('the site of the documents, in a browser', () => {
  test.for(['light', 'dark'] as const)('can be read by everyone: %s', { timeout: 120_000 }, async (scheme, context) => {
    const page = await open(context, { scheme })
    for (const path of some) {
      await page.goto(address + path, { waitUntil: 'networkidle' })
      await page.screenshot({ path: join(pictures, `${scheme}-${path.replaceAll('/', '-') || 'home'}.png`) })
      await page.evaluate(axe)
      const found = await page.evaluate(
        'axe.run(document, { runOnly: ["wcag2a", "wcag2aa", "wcag21aa", "wcag22aa"] }).then(({ violations }) => violations.map(({ id, nodes }) => `${id}: ${nodes[0].html}`))',
      )
      expect([path, found]).toEqual([path, []])
    }
    await page.close()
  })

  test(
    'fits on a phone: nothing scrolls sideways but tables, code and pictures',
    { timeout: 120_000 },
    async (context) => {
      const page = await open(context, { width: 390 })
      const paths = globSync('**/*.html', { cwd: outDir, exclude: (path) => path === '404.html' })
      const wide: string[] = []
      for (const path of paths) {
        await page.goto(address + path, { waitUntil: 'load' })
        if (
          (await page.evaluate('document.documentElement.scrollWidth > document.documentElement.clientWidth')) === true
        )
          wide.push(path)
        if (some.includes(path))
          await page.screenshot({ path: join(pictures, `phone-${path.replaceAll('/', '-')}.png`) })
      }
      expect(paths.length).toBeGreaterThan(30)
      expect(wide).toEqual([])
      await page.close()
    },
  )

  test('finds a page by its words, and asks nobody else for anything', { timeout: 60_000 }, async (context) => {
    const page = await open(context, {})
    const foreign: string[] = []
    const broken: string[] = []
    page.on('request', (request) => {
      if (!request.url().startsWith(address) && !request.url().startsWith('data:')) foreign.push(request.url())
    })
    page.on('response', (response) => void (response.ok() || response.status() === 304 || broken.push(response.url())))
    await page.goto(address, { waitUntil: 'networkidle' })
    await page.keyboard.press('Control+k')
    await page.fill('.VPLocalSearchBox input', 'unknown outcome')
    await page.locator('.VPLocalSearchBox .result').first().waitFor()
    expect(await page.locator('.VPLocalSearchBox .result').first().innerText()).toContain('Decide an unknown outcome')
    expect({ foreign, broken }).toEqual({ foreign: [], broken: [] })
    await page.close()
  })
})
