import { execFile } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { promisify } from 'node:util'
import { parseJson } from '../base/json.ts'

/** The oldest Node that Tenon, and what is made with it, runs on. */
export function oldestNode(): string {
  const manifest = parseJson(readFileSync(new URL('../../package.json', import.meta.url), 'utf8'))
  return (manifest as { readonly engines: { readonly node: string } }).engines.node.replace('>=', '')
}

/** The version of the `node` that npm scripts and test runners get, which need not be the one that Tenon runs on; `null` where none is found. */
export const nodeOnPath = async (): Promise<string | null> => (await versionOfTool('node'))?.replace(/^v/, '') ?? null

/** What a program says to `--version`; `null` where there is none. */
export async function versionOfTool(program: string): Promise<string | null> {
  try {
    const { stdout } = await promisify(execFile)(program, ['--version'], {
      timeout: 10_000,
      shell: process.platform === 'win32',
    })
    return stdout.trim()
  } catch {
    return null
  }
}

export function isAtLeast(version: string, floor: string): boolean {
  const [given, wanted] = [version, floor].map((text) => text.split('.').map(Number))
  for (const [index, number] of (wanted ?? []).entries()) {
    const mine = given?.[index] ?? 0
    if (mine !== number) return mine > number
  }
  return true
}
