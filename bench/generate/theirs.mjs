// openapi-typescript over one document: `node theirs.mjs <document> <output>`; the last line is what it took.
import { writeFileSync } from 'node:fs'
import { pathToFileURL } from 'node:url'
import openapiTS, { astToString } from 'openapi-typescript'

const [, , document = '', output = ''] = process.argv
const began = performance.now()
writeFileSync(output, astToString(await openapiTS(pathToFileURL(document), { silent: true })))
console.log(JSON.stringify({ ms: performance.now() - began, kilobytes: process.resourceUsage().maxRSS }))
