import { TenonError } from '../base/errors.ts'
import type { Repeat } from '../definition/operation.ts'
import { decideRetry, type Fate, type RetryPolicy } from '../outbound/retry.ts'
import { notPostponed, type Command, type Host } from './command.ts'
import { write } from './entries.ts'
import type { StoredExchange } from './excerpt.ts'
import { codeOf, storeError } from './outcome.ts'

/** What one try of a step came to. */
export type TryResult =
  | { readonly encoded: string }
  | {
      readonly error: unknown
      readonly fate: Fate
      readonly retryable: boolean
      readonly retryAfterMs: number | null
      /** Nothing left: its turn comes after `retryAfterMs`. It is no try. */
      readonly isPostponed?: boolean
      readonly excerpt?: StoredExchange | null
    }

/** A step that is tried until it succeeds, fails for good, or nobody can know: a call, or own code. */
export interface TriedStep {
  readonly repeat: Repeat
  readonly policy: RetryPolicy
  /** How long the provider remembers the step's key; `null` for as long as one likes. */
  readonly keyLifeMs: number | null
  /** It may have to wait for its turn: then it says itself that it is about to leave. */
  readonly waitsForTurn: boolean
  /** Tries once, and says once what came of it. It never throws. */
  readonly attempt: (command: Command, going: Going, done: (result: TryResult) => void) => void
}

/** How one try of a step goes. */
export interface Going {
  readonly repeat: Repeat
  /** For what waits for its turn, as `CallRequest` has it. Where others may own the run by then, the run has left memory, and what it has in flight is aborted. */
  readonly beforeLeaving: (() => void | Promise<void>) | null
}

/** One try of a step, as whoever stands between sees it. */
export interface InterceptedTry {
  readonly run: string
  readonly flow: string
  readonly step: string
  readonly kind: Command['kind']
  readonly attempt: number
}

/** Decides what becomes of a try: lets it happen by `attempt`, says by `done` what it came to, or does neither, as when the process ends there. */
export type Intercept = (
  tried: InterceptedTry,
  attempt: (done: (result: TryResult) => void) => void,
  done: (result: TryResult) => void,
) => void

/** The one retry loop of a flow: each try is in the journal, so that they count across crashes. */
export function goTry(host: Host, step: TriedStep, command: Command): void {
  const now = host.services.clock.now()
  if (command.isUnknown) return host.rest(command, null)
  if (command.wakeAt !== null && command.wakeAt > now) return host.rest(command, command.wakeAt)
  if (command.isSent)
    return becomeUnknown(
      host,
      command,
      { error: new TenonError('OUTCOME_UNKNOWN', 'the process ended before the answer came') },
      now,
    )
  const repeat = effectiveRepeat(step, command, now)
  if (repeat === 'unsafe' && step.repeat !== 'unsafe') {
    return becomeUnknown(
      host,
      command,
      { error: new TenonError('OUTCOME_UNKNOWN', 'the provider has forgotten the key of the earlier try') },
      now,
    )
  }
  command.attempt += 1
  command.startedAt = now
  host.running(command)
  const isUnsafe = repeat === 'unsafe'
  const going = { repeat, beforeLeaving: step.waitsForTurn ? leaving(host, command, isUnsafe) : null }
  if (isUnsafe && !step.waitsForTurn) announce(host, command, () => tryOnce(host, step, command, going))
  else tryOnce(host, step, command, going)
}

function leaving(host: Host, command: Command, isUnsafe: boolean): Going['beforeLeaving'] {
  const look = (): void => void isLost(host)
  // Sent once more within the try, as with a new token, the journal has it already.
  if (isUnsafe) return () => (command.isSent ? look() : new Promise((resolve) => announce(host, command, resolve)))
  return host.services.journal.ownership.membership === null ? null : look
}

/** Calls back once the journal holds that it is about to leave. */
function announce(host: Host, command: Command, mayLeave: () => void): void {
  const { name, hash: h, kind: t, attempt: a } = command
  command.isSent = true
  host.note(write('sending', name, host.services.clock.now(), { h, t, a }), null, () => {
    // The word that it is durable may be what this process was stopped before.
    if (!isLost(host)) mayLeave()
  })
}

/** Past its lease another node may be doing the same: then the run leaves memory. */
function isLost(host: Host): boolean {
  const { services, row } = host
  const { membership } = services.journal.ownership
  if (membership === null || services.clock.now() < membership.heldUntil(row.tenant)) return false
  host.leave('lost')
  return true
}

// Past its life a key protects from nothing; what may have been sent before counts from when the step was asked for.
function effectiveRepeat(step: TriedStep, command: Command, now: number): Repeat {
  if (step.repeat !== 'keyed' || step.keyLifeMs === null || !command.mayHaveHappened) return step.repeat
  return now - command.askedAt < step.keyLifeMs ? 'keyed' : 'unsafe'
}

function tryOnce(host: Host, step: TriedStep, command: Command, going: Going): void {
  const { services, row } = host
  if (isLost(host)) return
  if (services.isHeard('step.started')) {
    services.emit({
      name: 'step.started',
      at: command.startedAt,
      tenant: row.tenant,
      run: row.run,
      flow: row.flow,
      step: command.name,
      attempt: command.attempt,
    })
  }
  const done = (result: TryResult): void => tried(host, step, command, { repeat: going.repeat, result })
  if (services.intercept === null) return step.attempt(command, going, done)
  const { run, flow } = row
  const about = { run, flow, step: command.name, kind: command.kind, attempt: command.attempt }
  services.intercept(about, (told) => step.attempt(command, going, told), done)
}

function tried(
  host: Host,
  step: TriedStep,
  command: Command,
  { repeat, result }: { readonly repeat: Repeat; readonly result: TryResult },
): void {
  const { services } = host
  if ('encoded' in result) return host.succeed(command, result.encoded)
  if (result.isPostponed === true) return postpone(host, command, result)
  const decision = decideRetry(
    {
      retryable: result.retryable,
      fate: result.fate,
      repeat,
      attempt: command.attempt,
      retryAfterMs: result.retryAfterMs,
      previousDelayMs: command.previousDelayMs,
    },
    step.policy,
    services.random,
  )
  if (decision.next === 'fail') return host.fail(command, result.error, fateOf(result, command), excerptIn(result))
  if (decision.next === 'unknown') return becomeUnknown(host, command, result, services.clock.now())
  again(host, command, result, decision.delayMs)
}

// What a later try came to says nothing of an earlier one, unless the provider refuses for good, which it does knowing the key.
function fateOf(result: Extract<TryResult, { error: unknown }>, command: Command): Fate {
  return command.mayHaveHappened && result.retryable ? 'ambiguous' : result.fate
}

function again(host: Host, command: Command, result: Extract<TryResult, { error: unknown }>, delayMs: number): void {
  const { services, row } = host
  const now = services.clock.now()
  const at = now + delayMs
  command.previousDelayMs = delayMs
  command.postponedBy = notPostponed
  command.isSent = false
  if (result.fate === 'ambiguous') command.mayHaveHappened = true
  const { hash: h, kind: t, attempt: a, startedAt: s, connection } = command
  const error = storeError(result.error)
  host.note(
    write('attempt', command.name, now, {
      h,
      t,
      a,
      s,
      ...(connection !== null && { c: connection }),
      e: error,
      f: result.fate,
      at,
      d: delayMs,
      ...excerptIn(result),
    }),
  )
  services.meter.stepRetried(row.flow, codeOf(result.error))
  if (services.isHeard('step.failed')) {
    const failed = {
      tenant: row.tenant,
      run: row.run,
      flow: row.flow,
      step: command.name,
      attempt: a,
      code: codeOf(result.error),
      message: error.message,
    }
    services.emit({ name: 'step.failed', at: now, ...failed, retryInMs: delayMs })
  }
  host.rest(command, at)
}

/** The step rests until its turn comes, and no try is counted. The first postponement after a try is written down, and the first for another reason: no more, however long it lasts. */
function postpone(host: Host, command: Command, result: Extract<TryResult, { error: unknown }>): void {
  const { clock, lingerMs } = host.services
  const now = clock.now()
  const at = now + (result.retryAfterMs ?? 0)
  const code = codeOf(result.error)
  command.attempt -= 1
  // Where it rests in memory there is nothing to remember.
  if (at - now > lingerMs && !command.postponedBy.includes(code)) {
    const { name, hash: h, kind: t, attempt: a, startedAt: s, connection, previousDelayMs } = command
    const made = connection === null ? {} : { c: connection }
    const before = { h, t, a, s, ...made, d: previousDelayMs ?? 0 }
    // The run leaves memory by the append that says so.
    host.askQuiet()
    host.note(write('attempt', name, now, { ...before, e: storeError(result.error), f: 'not-sent', at, p: true }))
    command.postponedBy = [...command.postponedBy, code]
  }
  host.rest(command, at)
}

type Failure = Pick<Extract<TryResult, { error: unknown }>, 'error' | 'excerpt'>

function excerptIn({ excerpt = null }: Failure): { readonly x?: StoredExchange } {
  return excerpt === null ? {} : { x: excerpt }
}

function becomeUnknown(host: Host, command: Command, failure: Failure, now: number): void {
  command.isSent = false
  command.isUnknown = true
  const { hash: h, kind: t, attempt: a, startedAt: s } = command
  host.note(write('unknown', command.name, now, { h, t, a, s, e: storeError(failure.error), ...excerptIn(failure) }))
  host.rest(command, null)
}
