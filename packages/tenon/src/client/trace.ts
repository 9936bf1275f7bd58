import type { RawAnswer, SendRequest } from '../outbound/outbound.ts'

/**
 * Sees the requests of one try of a call as they leave, and their answers: mostly one, more where it looks up first or authenticates anew. Both hold
 * secrets: what is kept of them is rendered by `renderRequest` and `renderAnswer` before anyone sees it.
 */
export interface CallTrace {
  /** From `ownHeaders` on, names and values counted, stands what authenticates it. */
  sent(request: SendRequest, masking: Masking, ownHeaders: number): void
  answered(answer: RawAnswer): void
}

/** What takes the secrets of a connection out of a text. */
export interface Masking {
  redact(text: string): string
}
