import { readdirSync } from 'node:fs'
import type { Protocol } from './protocol.ts'

const folder = new URL('./', import.meta.url)

/** Every protocol: each folder here is one. */
export async function loadProtocols(): Promise<readonly Protocol[]> {
  const names = readdirSync(folder, { withFileTypes: true })
    .filter((entry) => entry.isDirectory())
    .map(({ name }) => name)
    .toSorted()
  const protocols: Protocol[] = []
  for (const name of names) {
    const { protocol } = (await import(`./${name}/${name}.ts`)) as { readonly protocol: Protocol }
    protocols.push(protocol)
  }
  return protocols
}
