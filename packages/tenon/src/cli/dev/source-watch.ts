import { createHash } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { watch } from 'chokidar'
import type { Clock } from '../../base/clock.ts'

/** Looks at files, also at such as are not there yet, and tells when the content of some is another. */
export interface SourceWatch {
  /** Looks at these, too. */
  add(files: Iterable<string>): void
  /** Looks at these from now on, and at no others. */
  keep(files: Iterable<string>): void
  close(): Promise<void>
}

const quietMs = 80
const longestMs = 800

/** Editors write in several steps, and a checkout writes many files: they are told together when nothing has come for a moment. */
export function watchSources(clock: Clock, onChange: (files: readonly string[]) => void): SourceWatch {
  // It also tells when it has begun to look: what changed before that would be missed otherwise.
  const watcher = watch([], { ignoreInitial: false, persistent: true })
  const known = new Map<string, string>()
  const touched = new Set<string>()
  let firstAt = 0
  let cancel: (() => void) | null = null

  function settle(): void {
    cancel = null
    const changed = [...touched].filter((file) => {
      const now = digestOf(file)
      const isChanged = known.has(file) && known.get(file) !== now
      if (isChanged) known.set(file, now)
      return isChanged
    })
    touched.clear()
    if (changed.length > 0) onChange(changed)
  }

  function touch(file: string): void {
    if (touched.size === 0) firstAt = clock.now()
    touched.add(file)
    cancel?.()
    cancel = clock.after(Math.max(0, Math.min(quietMs, firstAt + longestMs - clock.now())), settle)
  }

  function add(files: Iterable<string>): void {
    for (const file of files) {
      if (known.has(file)) continue
      known.set(file, digestOf(file))
      watcher.add(file)
    }
  }

  for (const event of ['add', 'change', 'unlink'] as const) watcher.on(event, touch)
  // A folder that cannot be watched is no reason to stop; R restarts by hand.
  watcher.on('error', () => undefined)
  return {
    add,
    keep(files) {
      add(files)
      const wanted = new Set(files)
      for (const file of known.keys()) if (!wanted.has(file)) known.delete(file)
    },
    async close() {
      cancel?.()
      await watcher.close()
    },
  }
}

/** Empty for a file that is not there. */
function digestOf(file: string): string {
  try {
    return createHash('sha1').update(readFileSync(file)).digest('base64')
  } catch {
    return ''
  }
}
