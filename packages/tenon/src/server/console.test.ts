import { mkdirSync, mkdtempSync, rmSync, symlinkSync, utimesSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { brotliCompressSync, gzipSync } from 'node:zlib'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { expectProblem, send, start } from './server.fixture.ts'

const script = 'console.log("tenon")'

let folder: string
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'tenon-console-'))
  mkdirSync(join(folder, 'dist/assets'), { recursive: true })
  writeFileSync(join(folder, 'secret.txt'), 'canary')
  const files = {
    'index.html': '<!doctype html><title>Tenon</title>',
    'assets/main-a1b2.js': script,
    'assets/main-a1b2.js.br': brotliCompressSync(script),
    'assets/main-a1b2.js.gz': gzipSync(script),
    '.sources': 'canary',
    'favicon.svg': '<svg xmlns="http://www.w3.org/2000/svg"/>',
  }
  for (const [name, content] of Object.entries(files)) writeFileSync(join(folder, 'dist', name), content)
  symlinkSync(join(folder, 'secret.txt'), join(folder, 'dist/link.txt'))
})
afterEach(() => rmSync(folder, { recursive: true, force: true }))

const begin = () => start({ consoleFolder: join(folder, 'dist') })

describe('the console', () => {
  test('is what one gets at the front door, and any place in it is its page', async () => {
    const { ask } = await begin()
    for (const path of ['/', '/console']) expect((await ask(path)).headers.get('location')).toBe('/console/')
    for (const place of ['', 'runs', 'runs/may.2026', 'flows/order-paid', '%3Cscript%3E', 'index.html']) {
      const page = await ask(`/console/${place}`)
      expect([page.status, page.headers.get('content-type')]).toEqual([200, 'text/html; charset=utf-8'])
      expect(await page.text()).toContain('<title>Tenon</title>')
    }
  })

  test('SEC-12: comes under a policy that lets nothing run but its own files', async () => {
    const { ask } = await begin()
    for (const path of ['', 'assets/main-a1b2.js', 'favicon.svg']) {
      const { headers } = await ask(`/console/${path}`)
      const policy = headers.get('content-security-policy') ?? ''
      expect(policy).toMatch(/^default-src 'none'; script-src 'self'; style-src 'self';/)
      expect(policy).toContain("frame-ancestors 'none'; base-uri 'none'; form-action 'self'")
      expect(policy).not.toContain('unsafe')
      expect(headers.get('x-content-type-options')).toBe('nosniff')
      expect(headers.get('referrer-policy')).toBe('no-referrer')
    }
  })

  test('files with a digest in their name are kept for ever, others are asked for again', async () => {
    const { ask } = await begin()
    const asset = await ask('/console/assets/main-a1b2.js')
    expect(asset.headers.get('cache-control')).toBe('public, max-age=31536000, immutable')
    const page = await ask('/console/')
    expect(page.headers.get('cache-control')).toBe('no-cache')
    const etag = page.headers.get('etag') ?? ''
    for (const known of [etag, `W/${etag}`, `"other", ${etag}`, '*']) {
      const again = await ask('/console/', { headers: { 'if-none-match': known } })
      expect([again.status, await again.text()]).toEqual([304, ''])
    }
    expect((await ask('/console/', { headers: { 'if-none-match': '"other"' } })).status).toBe(200)
  })

  test.each([
    ['br, gzip', 'br'],
    ['gzip, deflate', 'gzip'],
    ['br;q=0, gzip;q=0.5', 'gzip'],
    ['identity', undefined],
    ['', undefined],
  ])('Accept-Encoding %s gets %s', async (accepted, expected) => {
    const { server } = await begin()
    const { headers } = await send(server.port, 'GET', '/console/assets/main-a1b2.js', {
      headers: { 'accept-encoding': accepted },
    })
    expect([headers['content-encoding'], headers.vary, headers['content-type']]).toEqual([
      expected,
      'accept-encoding',
      'text/javascript; charset=utf-8',
    ])
  })

  test('the compressed form is the same file, under an ETag of its own', async () => {
    const { ask } = await begin()
    const [packed, plain] = [
      await ask('/console/assets/main-a1b2.js', { headers: { 'accept-encoding': 'br' } }),
      await ask('/console/assets/main-a1b2.js', { headers: { 'accept-encoding': 'identity' } }),
    ]
    expect([await packed.text(), await plain.text()]).toEqual([script, script])
    expect(packed.headers.get('etag')).not.toBe(plain.headers.get('etag'))
  })

  test('HEAD gets the headers alone', async () => {
    const { server } = await begin()
    const { status, headers, text } = await send(server.port, 'HEAD', '/console/assets/main-a1b2.js')
    expect([status, headers['content-length'], text]).toEqual([200, String(script.length), ''])
  })

  test('a file that is not there is 404, never the page', async () => {
    const { ask } = await begin()
    for (const path of ['assets/main-old.js', 'assets/x', 'nothing.png', 'index.html.map'])
      await expectProblem(await ask(`/console/${path}`), 404, 'NOT_FOUND')
  })

  test('SEC-04: no name leads out of the folder, by dots, codes, slashes, links or NUL', async () => {
    const { server } = await begin()
    for (const path of [
      '../secret.txt',
      '..%2fsecret.txt',
      '..%5csecret.txt',
      '%2e%2e/secret.txt',
      '%2e%2e%2fsecret.txt',
      '....//secret.txt',
      'assets/../../secret.txt',
      'assets/%2e%2e/%2e%2e/secret.txt',
      '/etc/passwd',
      '%2fetc%2fpasswd',
      'link.txt',
      '.sources',
      'index.html%00.js',
      '..\\secret.txt',
      '%252e%252e%252fsecret.txt',
      'assets',
      'assets/',
      '__proto__',
      'constructor.js',
    ]) {
      const { status, text } = await send(server.port, 'GET', `/console/${path}`)
      expect([path, text.includes('canary') || text.includes('root:')]).toEqual([path, false])
      expect([path, [200, 400, 404].includes(status)]).toEqual([path, true])
    }
  })

  test('a new build is seen without a restart', async () => {
    const { ask } = await begin()
    await (await ask('/console/')).text()
    writeFileSync(join(folder, 'dist/index.html'), '<title>newer</title>')
    writeFileSync(join(folder, 'dist/assets/main-c3d4.js'), 'newer')
    utimesSync(join(folder, 'dist/index.html'), 2_000_000_000, 2_000_000_000)
    expect(await (await ask('/console/')).text()).toContain('newer')
    expect((await ask('/console/assets/main-c3d4.js')).status).toBe(200)
  })

  test.each(['not built', 'not installed'])('where it is %s, a page says how to get it', async (what) => {
    const { ask } = await start({ consoleFolder: what === 'not built' ? join(folder, 'nowhere') : null })
    const page = await ask('/console/runs')
    expect(page.status).toBe(503)
    expect(await page.text()).toContain('npm run build')
  })
})
