import { existsSync } from 'node:fs'
import { argv, env, exit, stdin, stdout } from 'node:process'
import { sleep, systemClock } from '../../base/clock.ts'
import { TenonError } from '../../base/errors.ts'
import { parseJson } from '../../base/json.ts'
import { fileKeys } from './file.ts'

// Stands for a program that asks a key management service: its keys are lines of a file.
const [path = '', behaviour = ''] = argv.slice(2)
const pieces: Buffer[] = []
for await (const piece of stdin) pieces.push(piece as Buffer)
const question = parseJson(Buffer.concat(pieces).toString()) as Record<string, string>
const bytesOf = (name: string): Buffer => Buffer.from(question[name] ?? '', 'base64')
const text = (bytes: Uint8Array): string => Buffer.from(bytes).toString('base64')

if (behaviour === 'slow') await sleep(systemClock, 60_000)
if (behaviour === 'loud') stdout.write('x'.repeat(1_000_000))
if (behaviour === 'words') stdout.write('no JSON')
if (behaviour === 'environment') stdout.write(JSON.stringify({ masterKey: Object.keys(env).toSorted().join(' ') }))
if (behaviour !== '') exit(0)
if (!existsSync(path)) exit(1)

const keys = fileKeys({ path })
try {
  const tenant = question['tenant'] ?? ''
  let answer: object = { masterKey: await keys.current() }
  if (question['do'] === 'wrap') {
    const { masterKey, wrapped } = await keys.wrap(tenant, bytesOf('key'))
    answer = { masterKey, wrapped: text(wrapped) }
  }
  if (question['do'] === 'unwrap') {
    const key = await keys.unwrap(tenant, { masterKey: question['masterKey'] ?? '', wrapped: bytesOf('wrapped') })
    answer = { key: text(key) }
  }
  stdout.write(JSON.stringify(answer))
} catch (error) {
  exit(TenonError.is(error, 'SECRET_UNREADABLE') ? 3 : 1)
}
