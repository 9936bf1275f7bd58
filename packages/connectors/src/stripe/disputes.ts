import { reject, type Simulation } from 'tenon/simulator'
import type { z } from 'zod'
import { charges, disputes, publish, seconds, withMetadata } from './account.ts'
import { failure, found } from './dialect.ts'
import type { Charge, Dispute } from './objects.ts'
import type { disputeChange } from './requests.ts'

const answerWithinS = 9 * 86_400
const decidedAfterMs = 4000

export function openDispute(
  simulation: Simulation,
  charge: Charge,
  { reason = 'fraudulent', isInquiry = false }: { reason?: string; isInquiry?: boolean } = {},
): Dispute {
  const dispute: Dispute = {
    id: simulation.id(isInquiry ? 'dp_' : 'du_'),
    object: 'dispute',
    amount: charge.amount,
    charge: charge.id,
    created: seconds(simulation),
    currency: charge.currency,
    evidence: {},
    evidence_details: {
      due_by: seconds(simulation) + answerWithinS,
      has_evidence: false,
      past_due: false,
      submission_count: 0,
    },
    is_charge_refundable: isInquiry,
    livemode: false,
    metadata: {},
    payment_intent: charge.payment_intent ?? null,
    reason,
    status: isInquiry ? 'warning_needs_response' : 'needs_response',
  }
  disputes(simulation).put(dispute.id, dispute)
  // An inquiry takes no money back yet.
  if (!isInquiry) charges(simulation).put(charge.id, { ...charge, disputed: true })
  publish(simulation, 'charge.dispute.created', dispute)
  return dispute
}

export function answerDispute(simulation: Simulation, input: z.output<typeof disputeChange>): Dispute {
  const dispute = openOne(simulation, input.id)
  const { evidence, submit = true, metadata } = input
  const answered = { ...(dispute['evidence'] as object), ...evidence }
  const isSubmitted = submit && Object.keys(answered).length > 0
  const changed: Dispute = {
    ...dispute,
    evidence: answered,
    metadata: withMetadata(dispute.metadata, metadata),
    evidence_details: {
      ...dispute.evidence_details,
      has_evidence: Object.keys(answered).length > 0,
      submission_count: isSubmitted ? 1 : 0,
    },
    status: isSubmitted ? dispute.status.replace('needs_response', 'under_review') : dispute.status,
  }
  disputes(simulation).put(dispute.id, changed)
  publish(simulation, 'charge.dispute.updated', changed)
  const verdict = verdictOf(evidence?.uncategorized_text)
  if (isSubmitted && verdict !== null)
    simulation.later('charge.dispute.closed', { dispute: dispute.id, status: verdict }, decidedAfterMs)
  return changed
}

/** Stripe's test values for evidence decide a test dispute. */
function verdictOf(text: string | undefined): 'won' | 'lost' | null {
  if (text === 'winning_evidence') return 'won'
  return text === 'losing_evidence' ? 'lost' : null
}

export function endDispute(simulation: Simulation, dispute: Dispute, status: 'won' | 'lost'): Dispute {
  if (isOver(dispute)) return dispute
  const ended = { ...dispute, status: dispute.status.startsWith('warning') ? 'warning_closed' : status }
  disputes(simulation).put(dispute.id, ended)
  const charge = charges(simulation).get(dispute.charge)
  if (charge !== undefined && status === 'won') charges(simulation).put(charge.id, { ...charge, disputed: false })
  publish(simulation, 'charge.dispute.closed', ended)
  return ended
}

export function openOne(simulation: Simulation, id: string): Dispute {
  const dispute = found(disputes(simulation).get(id), 'dispute', id, 'dispute')
  if (!dispute.status.endsWith('needs_response')) {
    const message = `This dispute is ${dispute.status}: nothing can be added to it or taken back.`
    reject(400, failure('invalid_request_error', undefined, message))
  }
  return dispute
}

function isOver({ status }: Dispute): boolean {
  return ['won', 'lost', 'warning_closed'].includes(status)
}
