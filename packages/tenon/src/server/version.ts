import { readFileSync } from 'node:fs'
import { parseJson } from '../base/json.ts'

const manifest = parseJson(readFileSync(new URL('../../package.json', import.meta.url), 'utf8'))

/** The version of this package. */
export const version: string = (manifest as { readonly version: string }).version
