import { createStore } from './store.ts'

/** `ended`: the server no longer knows who we are. `left`: the person signed out. */
export type SessionState = 'open' | 'ended' | 'left'

export const sessionState = createStore<SessionState>('open')

export function endSession(): void {
  if (sessionState.get() === 'open') sessionState.set('ended')
}
