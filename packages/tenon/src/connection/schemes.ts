import { readdir } from 'node:fs/promises'
import { TenonError } from '../base/errors.ts'
import type { Connector } from '../definition/connector.ts'
import type { AuthScheme } from './auth-scheme.ts'

const folder = new URL('auth/', import.meta.url)

/** The folder is the registry (SEC-01): the name comes from a connector's definition, never from a request, and must be that of a file there. */
export async function loadScheme(name: string, connector: string): Promise<AuthScheme> {
  const files = (await readdir(folder)).filter((file) => /^[a-z][a-z\d-]*\.[jt]s$/.test(file))
  const file = files.find((file) => file.slice(0, -3) === name)
  if (file === undefined) {
    throw new TenonError(
      'APP_INVALID',
      `connector ${connector}: there is no auth scheme ${JSON.stringify(name)}; there are ${files.map((one) => one.slice(0, -3)).join(', ')}`,
    )
  }
  return ((await import(new URL(file, folder).href)) as { readonly scheme: AuthScheme }).scheme
}

/** Adds the schemes of these connectors, by name. */
export async function loadSchemes(connectors: Iterable<Connector>, schemes: Map<string, AuthScheme>): Promise<void> {
  for (const { name, options } of connectors) {
    const { scheme } = options.auth
    if (!schemes.has(scheme)) schemes.set(scheme, await loadScheme(scheme, name))
  }
}
