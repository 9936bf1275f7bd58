import { existsSync } from 'node:fs'
import type { Clock } from '../../base/clock.ts'
import type { Report } from './report.ts'
import { findTypeCheck } from './type-check.ts'

/** Checks the types beside everything else, and tells what it finds. */
export interface TypeWatch {
  /** As the files are now; a check in progress is given up. */
  check(): void
  stop(): void
}

/** `null` where the project has no TypeScript. */
export function createTypeWatch(
  appFile: string,
  { clock, report }: { readonly clock: Clock; readonly report: Report },
): TypeWatch | null {
  const types = findTypeCheck(appFile)
  if (types === null) return null
  return {
    check() {
      if (!existsSync(appFile)) return
      const startedAt = clock.now()
      void types.run().then((mistakes) => {
        if (mistakes !== null) report.types(mistakes, clock.now() - startedAt)
      })
    },
    stop: () => types.stop(),
  }
}
