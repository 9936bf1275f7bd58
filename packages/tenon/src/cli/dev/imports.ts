import { registerHooks } from 'node:module'
import { fileURLToPath } from 'node:url'

const ownSources = new URL('../../', import.meta.url).href

/** Tells of each file that is imported from now on and belongs to the app: outside `node_modules`, and not one of Tenon's own. Also of those that are asked for and are not there. */
export function followImports(tell: (path: string) => void): void {
  registerHooks({
    resolve(specifier, context, next) {
      try {
        return next(specifier, context)
      } catch (error) {
        const missing = pathOf(specifier, context.parentURL)
        if (missing !== null) tell(missing)
        throw error
      }
    },
    load(url, context, next) {
      if (isOfTheApp(url)) tell(fileURLToPath(withoutQuery(url)))
      return next(url, context)
    },
  })
}

function isOfTheApp(url: string): boolean {
  return url.startsWith('file:') && !url.startsWith(ownSources) && !url.includes('/node_modules/')
}

function withoutQuery(url: string): string {
  return url.replace(/[?#].*$/, '')
}

/** Where a relative import leads, whether something is there or not. */
function pathOf(specifier: string, from: string | undefined): string | null {
  if (from === undefined || !/^(\.{1,2}\/|\/|file:)/.test(specifier)) return null
  const url = new URL(specifier, from).href
  return isOfTheApp(url) ? fileURLToPath(withoutQuery(url)) : null
}
