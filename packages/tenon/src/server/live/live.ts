import type { Clock } from '../../base/clock.ts'
import type { Engine, Happening } from '../../engine/engine.ts'
import type { Relay } from './relay.ts'

/** Where happenings go: a connection that may be slower than they are. */
export interface Sink {
  /** False when it holds as much as it may: what is sent until `hasRoom` is lost to it. */
  hasRoom(): boolean
  write(text: string): void
  end(): void
}

export interface Listener {
  readonly tenant: string
  readonly sink: Sink
  /** Only what concerns this run, or this flow. */
  readonly run?: string
  readonly flow?: string
  /** Asked at each heartbeat: whether the listener is still let in. */
  readonly isWelcome: () => boolean | Promise<boolean>
}

/** What happens, told to those who watch. Nobody watching costs nothing: the engine is listened to only while someone does. */
export interface Live {
  /** Adds a listener, and returns how to remove it; `null` when there are as many as there may be. */
  add(listener: Listener): (() => void) | null
  /** Ends all streams and takes no more. */
  close(): void
}

export interface LiveOptions {
  readonly engine: Pick<Engine, 'listen'>
  /** What happens at other nodes; `null` where there are none. */
  readonly relay?: Relay | null
  readonly clock: Clock
}

export const mostListeners = 64
const heartbeatMs = 15_000
/** More than a person or a page can follow; what is beyond it is told as a gap. */
const mostPerSecond = 1_000
/** Heartbeats after which a connection that takes nothing is given up. */
const mostDeaf = 4

interface Watching extends Listener {
  lost: number
  deaf: number
}

export function createLive({ engine, clock, relay = null }: LiveOptions): Live {
  const watching = new Set<Watching>()
  let stop: () => void = () => undefined
  let cancelHeartbeat: () => void = () => undefined
  let counter = 0
  let second = 0
  let inSecond = 0
  let isClosed = false

  const tell = (happening: Happening): void => {
    const concerned = [...watching].filter((one) => concerns(one, happening))
    if (concerned.length === 0) return
    counter += 1
    const now = Math.floor(clock.now() / 1000)
    if (now !== second) [second, inSecond] = [now, 0]
    inSecond += 1
    const text =
      inSecond > mostPerSecond ? null : `event: happening\nid: ${counter}\ndata: ${JSON.stringify(happening)}\n\n`
    for (const one of concerned) {
      if (text === null || !one.sink.hasRoom()) one.lost += 1
      else one.sink.write(gapOf(one) + text)
    }
  }

  const beat = (): void => {
    for (const one of watching) void visit(one)
    if (watching.size > 0) cancelHeartbeat = clock.after(heartbeatMs, beat)
  }

  const visit = async (one: Watching): Promise<void> => {
    let isWelcome = one.isWelcome()
    if (typeof isWelcome !== 'boolean') isWelcome = await isWelcome.catch(() => true)
    if (!watching.has(one)) return
    if (!isWelcome) remove(one)
    else if (one.sink.hasRoom()) one.sink.write(`${gapOf(one)}: alive\n\n`)
    else if ((one.deaf += 1) >= mostDeaf) remove(one)
  }

  const remove = (one: Watching): void => {
    if (!watching.delete(one)) return
    one.sink.end()
    if (watching.size > 0) return
    stop()
    cancelHeartbeat()
  }

  return {
    add(listener) {
      if (isClosed || watching.size >= mostListeners) return null
      const one: Watching = { ...listener, lost: 0, deaf: 0 }
      watching.add(one)
      if (watching.size === 1) {
        stop = listenToAll({ engine, relay }, tell, watching)
        cancelHeartbeat = clock.after(heartbeatMs, beat)
      }
      return () => remove(one)
    },
    close() {
      isClosed = true
      for (const one of watching) remove(one)
    },
  }
}

/** Here and at other nodes. */
function listenToAll(
  { engine, relay }: Pick<LiveOptions, 'engine' | 'relay'>,
  tell: (happening: Happening) => void,
  watching: ReadonlySet<Watching>,
): () => void {
  const lost = (count: number): void => {
    for (const one of watching) one.lost += count
  }
  const stops = [engine.listen(tell), relay?.watch({ tell, lost })]
  return () => stops.forEach((end) => end?.())
}

/** What a listener has missed, said once, before what comes next. */
function gapOf(one: Watching): string {
  one.deaf = 0
  if (one.lost === 0) return ''
  const { lost } = one
  one.lost = 0
  return gapEvent(lost)
}

/** `lost` is how many happenings lay in it, `null` for an unknown number. */
export function gapEvent(lost: number | null): string {
  return `event: gap\ndata: ${JSON.stringify({ lost })}\n\n`
}

function concerns({ tenant, run, flow }: Listener, about: Happening): boolean {
  if (about.tenant !== tenant) return false
  if (run !== undefined && !('run' in about ? about.run === run : 'runs' in about && about.runs.includes(run)))
    return false
  return flow === undefined || ('flow' in about && about.flow === flow)
}
