import { TenonError } from '../base/errors.ts'
import type { Flow, Uses } from '../definition/flow.ts'

/** Does what a person writes name that step? It may leave out the number, and the undo that the step belongs to. */
export function namesStep(written: string, step: string): boolean {
  if (written === step) return true
  const plain = step.replaceAll(/#\d+/g, '')
  return written === plain || written === lastOf(step) || written === lastOf(plain)
}

/** Of `undo(shop.reserveStock#1)/shop.releaseStock#1`, what comes after the way back. */
function lastOf(step: string): string {
  return step.startsWith('undo(') ? step.slice(step.lastIndexOf(')/') + 2) : step
}

/** Refuses the name of a call that no flow can make. Other names are the flow's own, and known only when it runs. Throws `NOT_FOUND`. */
export function requireStepName(written: string, flows: readonly Flow[]): void {
  const [alias = '', operation] = lastOf(written).replace(/#\d+$/, '').split('.')
  const uses = flows.flatMap(({ options }) => Object.entries((options.uses ?? {}) as Uses))
  const named = uses
    .filter(([name]) => name === alias)
    .map(([, use]) => (use.kind === 'connector' ? use : use.connector))
  if (named.length === 0 || operation === undefined) return
  const operations = [...new Set(named.flatMap(({ options }) => Object.keys(options.operations as object)))]
  if (operations.includes(operation)) return
  throw new TenonError(
    'NOT_FOUND',
    `no flow can take the step ${written}: ${alias} has the operations ${operations.join(', ')}`,
  )
}
