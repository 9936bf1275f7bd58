// The same over one document by Tenon.
import { readFileSync, writeFileSync } from 'node:fs'
import { generate } from '../../packages/tenon/src/generator/generator.ts'
import { loadProtocols } from '../../packages/tenon/src/protocol/registry.ts'

const [, , path = '', output = ''] = process.argv
const began = performance.now()
const text = readFileSync(path, 'utf8')
const document = { location: path, text, related: () => Promise.reject(new Error('names another document')) }
const protocol = (await loadProtocols()).find((one) => one.recognise(document) !== null)
if (protocol === undefined) throw new Error(`${path} is not a description`)
const api = await protocol.describe(document, { only: () => true })
const { format, title, version } = api
writeFileSync(output, generate(api, { name: 'api', source: { location: path, format, title, version, sha256: '' } }))
console.log(JSON.stringify({ ms: performance.now() - began, kilobytes: process.resourceUsage().maxRSS }))
