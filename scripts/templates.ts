import { cpSync, rmSync } from 'node:fs'
import { join } from 'node:path'

/** An example is a template of `tenon init`, too: the package is given a copy of its code. */
export function copyTemplates(root: string, packageFolder: string): void {
  const to = join(packageFolder, 'templates/order-paid')
  rmSync(to, { recursive: true, force: true })
  cpSync(join(root, 'examples/order-paid'), to, {
    recursive: true,
    filter: (path) => !/node_modules|\.tenon|package\.json$/.test(path.slice(root.length)),
  })
}
