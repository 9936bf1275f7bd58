import type { AuthScheme } from '../auth-scheme.ts'

export const scheme: AuthScheme = { open: () => ({ apply: () => undefined }) }
