// Starts Tenon with the simulated HubSpot, then Easel. In production they are two services, and Easel gets address and token of Tenon from its settings.
import { spawn } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { createProduct } from './product.ts'
import { tenonAt } from './tenon-api.ts'

const { PORT: tenonPort = '4400', EASEL_PORT: port = '4500' } = process.env
const data = join(import.meta.dirname, '.tenon')
const url = `http://localhost:${port}`
const tenonUrl = `http://127.0.0.1:${tenonPort}`

const program = join(dirname(fileURLToPath(import.meta.resolve('tenon/package.json'))), 'bin/tenon.js')
const app = join(import.meta.dirname, 'app.ts')
const tenon = spawn(
  process.execPath,
  ['--conditions=source', program, 'start', '--app', app, '--port', tenonPort, '--data', data, '--no-samples'],
  { stdio: 'inherit', env: { ...process.env, EASEL_URL: url } },
)
tenon.on('exit', (code) => process.exit(code ?? 1))
// Ctrl-C reaches Tenon, too: it ends in good order, and we end with it.
process.on('SIGINT', () => undefined)
process.on('SIGTERM', () => tenon.kill('SIGTERM'))

/** The token of Tenon, as soon as the one that has it answers. */
async function ready(): Promise<string> {
  for (;;) {
    try {
      const token = readFileSync(join(data, 'operator-token'), 'utf8').trim()
      const { ok } = await fetch(`${tenonUrl}/api/v1/status`, { headers: { authorization: `Bearer ${token}` } })
      if (ok) return token
    } catch {
      // It is not there yet.
    }
    await new Promise((resolve) => setTimeout(resolve, 200))
  }
}

const product = createProduct({ tenon: tenonAt({ url: tenonUrl, token: await ready() }), url })
product.listen(Number(port), 'localhost', () => console.log(`\n  Easel       ${url}\n`))
