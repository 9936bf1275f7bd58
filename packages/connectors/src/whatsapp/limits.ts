import type { LearntLimit, LimitAnswer, LimitsOptions } from 'tenon'

const minute = 60_000
/** Pair rate: too many messages to one recipient, which is nobody else's matter. */
const pairRate = 131_056
/** Limits of the number, of the app and of the account. */
const whole = new Set([4, 80_007, 130_429])

/** https://developers.facebook.com/docs/whatsapp/cloud-api/overview#throughput; a number that was raised to 1,000 a second is told by `policies` of its connection. */
export const limits: LimitsOptions = {
  declared: [
    {
      name: 'messages',
      requests: 80,
      per: '1s',
      operations: ['sendTemplate', 'sendText', 'sendMedia', 'sendLocation', 'sendInteractive', 'sendReaction'],
    },
    {
      name: 'management',
      requests: 200,
      per: '1h',
      burst: 100,
      operations: ['listTemplates', 'createTemplate', 'deleteTemplate', 'subscribeApp'],
    },
  ],
  learn,
}

/** Meta says by a code that a limit is reached, whatever the status, and mostly not for how long. */
function learn({ status, header, json }: LimitAnswer): readonly LearntLimit[] | null {
  if (status < 400) return null
  const code = (json() as { readonly error?: { readonly code?: number } } | null | undefined)?.error?.code
  if (code === pairRate) return []
  if (code === undefined || !whole.has(code)) return null
  return [{ name: 'code', pauseMs: regainedMs(header('x-business-use-case-usage')) ?? 1000 }]
}

/** Minutes until calls are taken again, as the header about the account tells them. */
function regainedMs(usage: string | undefined): number | null {
  const found = /"estimated_time_to_regain_access":\s*(\d{1,5})\b/.exec(usage ?? '')?.[1]
  return found === undefined || Number(found) === 0 ? null : Number(found) * minute
}
