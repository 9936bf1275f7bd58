// Looks at the main thread from outside: one that is in an endless loop answers nothing itself.
import { writeSync } from 'node:fs'
import { Session, type Debugger } from 'node:inspector'
import { Socket } from 'node:net'
import { parentPort } from 'node:worker_threads'
import { systemClock } from '../../base/clock.ts'
import { standstillDescriptor, type Standstill } from './standstill.ts'

const pauseLimitMs = 500
/** Longer than an orphan takes to drain. */
const orphanLimitMs = 6_000

let disarm = (): void => undefined

parentPort?.on('message', (limitMs: number | null) => {
  disarm()
  if (limitMs !== null) disarm = systemClock.after(limitMs, look)
})

// The other end is the parent's, and ends with it. A main thread that can still do something drains and ends by itself before this.
new Socket({ fd: standstillDescriptor, readable: true, writable: false })
  .on('error', () => undefined)
  .on('close', () => systemClock.after(orphanLimitMs, () => process.kill(process.pid, 'SIGKILL')))
  .resume()

function look(): void {
  const session = new Session()
  session.connectToMainThread()
  const cancel = systemClock.after(pauseLimitMs, () => tell(null))
  const urls = new Map<string, string>()
  session.on('Debugger.scriptParsed', ({ params }) => urls.set(params.scriptId, params.url))
  session.on('Debugger.paused', ({ params }) => {
    cancel()
    tell(placeOf(params.callFrames, urls))
  })
  session.post('Debugger.enable')
  session.post('Debugger.pause')
}

function tell(place: Standstill['place']): void {
  writeSync(standstillDescriptor, `${JSON.stringify({ place } satisfies Standstill)}\n`)
}

/** The innermost frame that is the user's. */
function placeOf(frames: readonly Debugger.CallFrame[], urls: ReadonlyMap<string, string>): Standstill['place'] {
  for (const { location } of frames) {
    const url = urls.get(location.scriptId) ?? ''
    if (url.startsWith('file:') && !url.includes('/node_modules/'))
      return { url, line: location.lineNumber + 1, column: (location.columnNumber ?? 0) + 1 }
  }
  return null
}
