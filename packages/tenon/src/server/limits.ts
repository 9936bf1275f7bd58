/** What a client may make this server hold, and for how long. */
export interface Limits {
  readonly bodyBytes: number
  readonly headerBytes: number
  /** From the first byte of a request to the end of its headers. */
  readonly headersMs: number
  /** To the end of its body. */
  readonly requestMs: number
  readonly idleMs: number
  /** How often slow connections are looked for. */
  readonly checkEveryMs: number
}

export function createLimits(changed: Partial<Limits> = {}): Limits {
  return {
    bodyBytes: 1_048_576,
    headerBytes: 16_384,
    headersMs: 10_000,
    requestMs: 30_000,
    idleMs: 65_000,
    checkEveryMs: 2_000,
    ...changed,
  }
}
