import type { ErrorCode } from '../base/errors.ts'
import { runWords } from './tenant.ts'

/** What removes the cause, for the codes where that can be said. */
const causes: Readonly<Partial<Record<ErrorCode, string>>> = {
  ADDRESS_REFUSED: 'Give the connection a public address, or start with its simulator; then:',
  CONNECTION_MISSING: 'Add the connection to the app; then:',
  CREDENTIALS_REFUSED: 'Check the credentials of its connection; then:',
  DIVERGED: 'Bring back code that asks for what it has done; then:',
  INPUT_INVALID: 'Correct what the flow hands over; then:',
  POISONED: 'Find out what ended the process; then:',
  TIMEOUT: 'When what it waited for can come:',
  UPSTREAM_ANSWER_INVALID: 'See what the provider answered, and correct the connector; then:',
  UPSTREAM_REFUSED: 'See why the provider refused, correct that; then:',
  UPSTREAM_UNAVAILABLE: 'When the provider works again:',
}

/** What a person can do about a run that failed or parked, ending with the whole command line. */
export function remedyFor(
  { run, tenant, code }: { readonly run: string; readonly tenant: string; readonly code: ErrorCode },
  isUndone: boolean,
): string {
  const named = runWords(run, tenant)
  if (code === 'OUTCOME_UNKNOWN') return `Look there, then say what happened: npx tenon runs show ${named}`
  const cause = causes[code] ?? 'When the cause is gone:'
  return `${cause} npx tenon runs retry ${named}${isUndone ? ' --anew' : ''}`
}
