import { readdirSync } from 'node:fs'
import type { ServerContext } from './context.ts'
import type { Route, Routes } from './route.ts'

const folder = new URL('./routes/', import.meta.url)

/** The folder is the registry: every file in it brings its routes. Tests and declarations have a second dot in their names. */
export async function loadRoutes(context: ServerContext): Promise<readonly Route[]> {
  const names = readdirSync(folder)
    .filter((name) => /^[a-z-]+\.[jt]s$/.test(name))
    .toSorted()
  const files = await Promise.all(
    names.map(async (name) => (await import(/* @vite-ignore */ `./routes/${name}`)) as { readonly routes: Routes }),
  )
  return files.flatMap(({ routes }) => (typeof routes === 'function' ? routes(context) : routes))
}
