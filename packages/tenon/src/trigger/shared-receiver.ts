import { TenonError } from '../base/errors.ts'
import type { ReceivedEvent } from '../definition/event.ts'
import type { RawRequest } from '../definition/verifier.ts'
import type { TriggerContext } from './trigger.ts'
import type { Receiver, WebhookAnswer } from './webhook.ts'

/**
 * Takes the events of all accounts of an app at one address. An event goes to the connections of its account, and only to those whose own secret proves the request:
 * a tenant who brings an app of their own cannot speak for the accounts of others. What belongs to no account that is known goes to the connections of which none is.
 */
export function sharedReceiver(
  receivers: readonly [Receiver, ...Receiver[]],
  { log, meter }: Pick<TriggerContext, 'log' | 'meter'>,
): Receiver {
  const [first] = receivers

  async function receive(request: RawRequest): Promise<WebhookAnswer> {
    const proved = await provedBy(receivers, request)
    const opened = proved[0].open(request)
    if ('reply' in opened) return opened.reply
    const shares = new Map<Receiver, ReceivedEvent[]>()
    for (const event of opened.events) {
      const owners = ownersOf(proved, event)
      for (const owner of owners) shares.set(owner, [...(shares.get(owner) ?? []), event])
      if (owners.length > 0) continue
      meter?.eventTaken(first.connector, 'ignored')
      log.warn('event.unclaimed', { connector: first.connector, account: event.account })
    }
    return takeShares(shares)
  }

  return { ...first, account: null, receive }
}

/** Those whose secret proves it; each secret is tried once. Rejects with what was wrong for the first, where there is none. */
async function provedBy(
  receivers: readonly Receiver[],
  request: RawRequest,
): Promise<readonly [Receiver, ...Receiver[]]> {
  const byProof = Map.groupBy(receivers, ({ proof }) => proof)
  const tried = await Promise.allSettled(
    [...byProof.values()].map(async (same) => {
      await same[0]?.verify(request)
      return same
    }),
  )
  const [one, ...more] = tried.flatMap((result) => (result.status === 'fulfilled' ? result.value : []))
  if (one !== undefined) return [one, ...more]
  throw tried.find((result) => result.status === 'rejected')?.reason
}

function ownersOf(receivers: readonly Receiver[], { account }: ReceivedEvent): readonly Receiver[] {
  const own = account === undefined ? [] : receivers.filter((receiver) => receiver.account === account)
  return own.length > 0 ? own : receivers.filter((receiver) => receiver.account === null)
}

/** All that are good are durable before the answer, also when those of one tenant are not. */
async function takeShares(shares: ReadonlyMap<Receiver, readonly ReceivedEvent[]>): Promise<WebhookAnswer> {
  const outcomes = await Promise.allSettled([...shares].map(async ([receiver, events]) => receiver.take(events)))
  const problems = outcomes.flatMap((outcome) => (outcome.status === 'rejected' ? [outcome.reason as unknown] : []))
  const serious = problems.find((problem) => !TenonError.is(problem, 'EVENT_UNKNOWN'))
  if (serious !== undefined) throw serious
  // Beside events that were taken, a kind that is not known would make the sender repeat them for ever.
  if (problems.length > 0 && problems.length === outcomes.length) throw problems[0]
  return { status: 200, body: '' }
}
