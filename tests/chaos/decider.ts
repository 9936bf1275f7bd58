// The person who decides about steps whose outcome is not known: looks into the ledger, as one would look into the provider's own console.
import { effectKey, type Provider, type Step } from './provider.ts'
import type { RunningServer } from './server.ts'

interface ParkedRun {
  readonly run: string
  readonly code: string | null
}

interface Story {
  readonly event: { readonly id: string } | null
  readonly steps: readonly { readonly name: string; readonly state: string }[]
}

/** By step name in the run, what the provider calls it. */
function providerStep(name: string): Step | null {
  return (
    (['reserve', 'ship', 'notify', 'confirm'] as const).find(
      (step) => name.startsWith(`shop.${step}`) || name.startsWith(`carrier.${step}`),
    ) ?? null
  )
}

/** An answer that was lost may have been a yes: then the run has the decision, and takes no second one. */
function passIfDecided(error: unknown): void {
  if (!(error instanceof Error && error.message.includes(' answered 409'))) throw error
}

/** Decides all that are parked now, and adds `<run> <step>` of each to `decided`. */
export async function decideUnknown(
  server: RunningServer,
  { effects }: Pick<Provider, 'effects'>,
  decided: Set<string>,
): Promise<void> {
  const { runs } = (await server.api('GET', '/runs?status=parked&limit=500')) as { runs: readonly ParkedRun[] }
  for (const { run, code } of runs) {
    if (code !== 'OUTCOME_UNKNOWN') continue
    const { event, steps } = (await server.api('GET', `/runs/${run}`)) as Story
    for (const { name, state } of steps) {
      const step = providerStep(name)
      if (state !== 'unknown' || step === null || event === null) continue
      const hasHappened = effects.has(effectKey(event.id, step))
      const decision = hasHappened
        ? { decision: 'happened', result: { id: `${step}_${event.id}` } }
        : { decision: 'retry' }
      await server.api('POST', `/runs/${run}/decisions`, { step: name, by: 'chaos', ...decision }).catch(passIfDecided)
      decided.add(`${run} ${name}`)
    }
  }
}
