// A server with simulators on loopback, and a real browser in which a person has signed in.
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { type Browser, type BrowserContext, chromium, type Page } from 'playwright-core'
import { afterAll, beforeAll, expect, vi, type TestContext } from 'vitest'
import type { Secret } from '../../packages/tenon/src/base/secret.ts'
import { type Application, startApplication } from '../../packages/tenon/src/server/application.ts'
import { createRedactor } from '../../packages/tenon/src/telemetry/redact.ts'
import { silentLog } from '../../packages/tenon/src/telemetry/telemetry.ts'
import { buildConsole } from '../../scripts/console.js'

export const root: string = fileURLToPath(new URL('../..', import.meta.url))
const pictures = join(root, '.screenshots')
const axe = readFileSync(join(root, 'node_modules/axe-core/axe.min.js'), 'utf8')

const programs = [
  process.env['CHROMIUM'] ?? '',
  '/usr/bin/chromium',
  '/usr/bin/chromium-browser',
  '/usr/bin/google-chrome',
  '/Applications/Google Chrome.app/Contents/MacOS/Google Chrome',
]
export const program: string | undefined = programs.find((path) => path !== '' && existsSync(path))

export const flags: string[] = [
  '--headless',
  '--no-sandbox',
  '--disable-gpu',
  '--disable-quic',
  '--no-first-run',
  '--disable-background-networking',
  '--disable-component-update',
  '--disable-sync',
]

const sizes = { desktop: { width: 1360, height: 860 }, phone: { width: 390, height: 844 } }
type Size = keyof typeof sizes
type Theme = 'light' | 'dark'

export interface Look {
  readonly size?: Size
  readonly theme?: Theme
  /** Problems that the browser may report here: what a test provokes. */
  readonly expected?: RegExp
  /** False: nobody has signed in. */
  readonly signedIn?: boolean
}

export interface Visit {
  readonly page: Page
  readonly context: BrowserContext
  /** Anything that the browser complained about: errors, refused scripts and styles, failed requests. */
  readonly complaints: string[]
}

interface Stage {
  readonly application: Application
  readonly browser: Browser
  readonly folder: string
  readonly session: Awaited<ReturnType<BrowserContext['storageState']>>
}

let stage: Stage | undefined

/** Brings server and browser up for the tests of one file. Where there is no browser, they are skipped. */
export function useConsole({ database }: { readonly database?: () => Promise<Secret> } = {}): void {
  vi.setConfig({ testTimeout: 60_000 })
  beforeAll(async () => {
    if (program === undefined) return
    const problem = await buildConsole(root, process.execPath)
    if (problem !== undefined) throw new Error(problem)
    const folder = mkdtempSync(join(tmpdir(), 'tenon-console-'))
    const application = await start(folder, 0, await database?.())
    const browser = await chromium.launch({ executablePath: program, args: flags })
    const context = await browser.newContext()
    const page = await context.newPage()
    await page.goto(await signInLink(application, folder))
    await page.waitForURL('**/console/')
    stage = { application, browser, folder, session: await context.storageState() }
    await context.close()
  }, 120_000)
  afterAll(async () => {
    await stage?.browser.close()
    await stage?.application.drain(1_000)
    if (stage !== undefined) rmSync(stage.folder, { recursive: true, force: true })
    stage = undefined
  }, 60_000)
}

export function start(folder: string, port: number, database?: Secret): Promise<Application> {
  return startApplication({
    ...(database && { databases: [database], simulate: true }),
    appFile: join(root, 'tests/console/app.ts'),
    dataFolder: folder,
    port,
    environment: {},
    log: silentLog,
    redactor: createRedactor(),
  })
}

/** The server ends, and starts again on the same port afterwards, with everything it had. */
export async function withoutServer(body: () => Promise<void>): Promise<void> {
  const { application, folder, ...rest } = staged()
  const { port } = new URL(application.url)
  await application.drain(1_000)
  try {
    await body()
  } finally {
    stage = { ...rest, folder, application: await start(folder, Number(port)) }
  }
}

function tokenOf(folder: string): string {
  return readFileSync(join(folder, 'operator-token'), 'utf8').trim()
}

async function signInLink({ url }: Application, folder: string): Promise<string> {
  const answer = await fetch(`${url}/api/v1/sign-in-links`, {
    method: 'POST',
    headers: { authorization: `Bearer ${tokenOf(folder)}`, 'content-type': 'application/json' },
    body: '{}',
  })
  return ((await answer.json()) as { url: string }).url
}

function staged(): Stage {
  if (stage === undefined) throw new Error('there is no server')
  return stage
}

/** Prepares what the tests of a file look at; nothing is prepared where nobody can look. */
export function prepare(body: () => Promise<void>): void {
  beforeAll(async () => {
    if (program !== undefined) await body()
  }, 120_000)
}

export const address = (): string => staged().application.url

/** The body of a test that needs the browser. */
export function look(body: () => Promise<void>): (context: TestContext) => Promise<void> {
  return async (context) => {
    if (program === undefined) context.skip('needs Chromium')
    await body()
  }
}

/** A page of the console, as a person who signed in sees it; a complaint of the browser fails the test. */
export async function visit(
  path: string,
  { size = 'desktop', theme = 'light', expected, signedIn = true }: Look,
  body: (visit: Visit) => Promise<void>,
): Promise<void> {
  const { browser, session } = staged()
  const context = await browser.newContext({
    viewport: sizes[size],
    colorScheme: theme,
    isMobile: size === 'phone',
    hasTouch: size === 'phone',
    locale: 'en-GB',
    ...(signedIn && { storageState: session }),
  })
  const page = await context.newPage()
  page.setDefaultTimeout(15_000)
  const complaints: string[] = []
  const note = (text: string): void => {
    if (expected === undefined || !expected.test(text)) complaints.push(text)
  }
  page.on('pageerror', ({ message }) => note(message))
  page.on('console', (message) => {
    if (message.type() === 'error' || message.type() === 'warning') note(message.text())
  })
  try {
    await page.goto(address() + path)
    await body({ page, context, complaints })
    expect(complaints).toEqual([])
  } finally {
    await context.close()
  }
}

/** Asks the API as the command line does. */
export async function api<Answer>(method: string, path: string, body?: unknown): Promise<Answer> {
  const { application, folder } = staged()
  const answer = await fetch(`${application.url}/api/v1${path}`, {
    method,
    headers: { authorization: `Bearer ${tokenOf(folder)}`, 'content-type': 'application/json' },
    ...(body !== undefined && { body: JSON.stringify(body) }),
  })
  const text = await answer.text()
  if (!answer.ok) throw new Error(`${method} ${path}: ${text}`)
  return JSON.parse(text === '' ? 'null' : text) as Answer
}

export interface RunRow {
  readonly run: string
  readonly flow: string
  readonly status: string
  readonly key: string | null
}

/** Waits until a run of that flow and key has come to that status. */
export async function runThat(flow: string, key: string, status: string): Promise<string> {
  let seen = 'none'
  for (let tries = 0; tries < 300; tries += 1) {
    const query = new URLSearchParams({ flow, key, limit: '1' })
    const [row] = (await api<{ runs: RunRow[] }>('GET', `/runs?${query.toString()}`)).runs
    seen = row?.status ?? 'none'
    if (row !== undefined && row.status === status) return row.run
    await new Promise((resolve) => setTimeout(resolve, 100))
  }
  throw new Error(`no run of ${flow} with key ${key} became ${status}: ${seen}`)
}

interface Violation {
  readonly id: string
  readonly impact: string
  readonly nodes: readonly { readonly html: string; readonly failureSummary: string }[]
}

/** WCAG 2.2 AA as far as a program can judge it: whatever axe-core calls serious or critical, in words. */
export async function accessibilityOf(page: Page): Promise<string[]> {
  await page.evaluate(axe)
  const found = await page.evaluate<Violation[]>(
    `axe.run(document, { runOnly: ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa', 'best-practice'] }).then(({ violations }) => violations)`,
  )
  return found
    .filter(({ impact }) => impact === 'serious' || impact === 'critical')
    .map(({ id, nodes }) => `${id}: ${nodes.map(({ html, failureSummary }) => `${html} ${failureSummary}`).join('; ')}`)
}

/** Kept as an artefact, to be looked at: the whole page, or what the window shows while a dialog is open. */
export async function picture(page: Page, name: string): Promise<void> {
  mkdirSync(pictures, { recursive: true })
  await page.evaluate('document.fonts.ready.then(() => undefined)')
  await page.screenshot({
    path: join(pictures, `${name}.png`),
    fullPage: (await page.getByRole('dialog').count()) === 0,
    animations: 'disabled',
  })
}

/** How far the page is wider than its window: 0 on a page that fits. */
export function overflowOf(page: Page): Promise<number> {
  // A classic scroll bar takes its room from the inner one.
  return page.evaluate<number>(
    'Math.max(0, document.documentElement.scrollWidth - document.documentElement.clientWidth)',
  )
}
