import type { AuthenticationCheck } from '../authentication.ts'

export const check: AuthenticationCheck = () => ({
  judge: () => ({ is: 'good' }),
  endpoints: [],
  revokeTokens: () => undefined,
})
