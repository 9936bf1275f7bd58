/** What becomes of a payment by a test payment method: https://docs.stripe.com/testing. */
export type CardOutcome =
  | { readonly kind: 'succeeds'; readonly after?: Aftermath }
  | { readonly kind: 'declines'; readonly code: string; readonly decline_code: string; readonly message: string }
  /** The bank wants its customer to prove who they are. */
  | { readonly kind: 'authenticates' }
  /** The bank takes its time. */
  | { readonly kind: 'processes'; readonly ends: 'well' | 'badly' }

/** What follows a payment that succeeded. */
export type Aftermath = 'fraudulent' | 'product_not_received' | 'inquiry' | 'refund-fails' | 'refund-pends'

const declined = (decline_code: string, message = 'Your card was declined.', code = 'card_declined'): CardOutcome => ({
  kind: 'declines',
  code,
  decline_code,
  message,
})
const chargedBack = (after: Aftermath): CardOutcome => ({ kind: 'succeeds', after })

/** By the name of the method without what is before and around it: `pm_card_visa_chargeDeclinedLostCard` is `chargeDeclinedLostCard`. */
const outcomes: Readonly<Record<string, CardOutcome>> = {
  chargeDeclined: declined('generic_decline'),
  chargeDeclinedInsufficientFunds: declined('insufficient_funds', 'Your card has insufficient funds.'),
  chargeDeclinedLostCard: declined('lost_card'),
  chargeDeclinedStolenCard: declined('stolen_card'),
  chargeDeclinedFraudulent: declined('fraudulent'),
  chargeDeclinedVelocityLimitExceeded: declined('card_velocity_exceeded'),
  chargeDeclinedExpiredCard: declined('expired_card', 'Your card has expired.', 'expired_card'),
  chargeDeclinedIncorrectCvc: declined('incorrect_cvc', 'Your card’s security code is incorrect.', 'incorrect_cvc'),
  chargeDeclinedProcessingError: declined(
    'processing_error',
    'An error occurred while processing your card. Try again in a little bit.',
    'processing_error',
  ),
  chargeCustomerFail: declined('generic_decline'),
  radarBlock: declined('fraudulent'),
  authenticationRequired: { kind: 'authenticates' },
  authenticationRequiredOnSetup: { kind: 'authenticates' },
  threeDSecure2Required: { kind: 'authenticates' },
  threeDSecureRequired: { kind: 'authenticates' },
  createDispute: chargedBack('fraudulent'),
  createDisputeProductNotReceived: chargedBack('product_not_received'),
  createDisputeInquiry: chargedBack('inquiry'),
  refundFail: chargedBack('refund-fails'),
  pendingRefund: chargedBack('refund-pends'),
  success: { kind: 'processes', ends: 'well' },
  processing: { kind: 'processes', ends: 'well' },
  insufficientFunds: { kind: 'processes', ends: 'badly' },
  debitNotAuthorized: { kind: 'processes', ends: 'badly' },
}

const brands = ['visa', 'visa_debit', 'mastercard', 'mastercard_debit', 'amex', 'discover', 'diners', 'jcb', 'unionpay']
const countries = ['us', 'in', 'gb', 'de', 'fr', 'jp', 'au', 'br', 'ca', 'sg']
const plain = new Set([...brands, ...countries, 'bypassPending'])

/** What a payment by it comes to; `undefined` for what is no test payment method. */
export function outcomeOf(method: string): CardOutcome | undefined {
  const name = nameOf(method)
  if (name === null) return undefined
  if (plain.has(name)) return { kind: 'succeeds' }
  return outcomes[name.replace(/^(visa|mastercard|amex)_/, '')]
}

/** `visa` for `pm_card_visa` and for `tok_visa`. */
function nameOf(method: string): string | null {
  return /^(?:pm_card|pm_usBankAccount|pm_sepaDebit|tok)_(\w+)$/.exec(method)?.[1] ?? null
}

/** How Stripe shows the card behind it. */
export function cardOf(method: string) {
  const name = nameOf(method) ?? ''
  const brand = brands.find((known) => name === known || name.startsWith(`${known}_`))?.replace(/_debit$/, '') ?? 'visa'
  const last4 = { amex: '0005', mastercard: '4444', discover: '1117' }[brand] ?? '4242'
  return {
    brand,
    last4,
    exp_month: 8,
    exp_year: 2034,
    country: name.length === 2 ? name.toUpperCase() : 'US',
    funding: 'credit',
  }
}
