import type { ReactNode } from 'react'
import type { Connection, ConnectionTest } from '../../api/connections.ts'
import { Notice } from '../../components/notice.tsx'
import { nameOf } from './connection-words.tsx'

const titles: Readonly<Record<ConnectionTest['outcome'], string>> = {
  works: 'It works.',
  refused: 'It does not work.',
  unreachable: 'It could not be tried.',
  untested: 'There is nothing to try it by.',
}
const tones = { works: 'completed', refused: 'failed', unreachable: 'parked', untested: 'plain' } as const
const remedies: Readonly<Record<Connection['origin'], string>> = {
  stored: 'Connect it again, with what the provider shows now.',
  app: 'Its credentials come from the environment of the app: set them anew there, and start it again.',
  simulated: 'Look at its simulator: perhaps a fault is set.',
}

/** What a try of an account showed, and what can be done about it. */
export function TestNotice({
  test: { outcome, account, message, code },
  origin,
}: {
  readonly test: ConnectionTest
  readonly origin: Connection['origin']
}): ReactNode {
  return (
    <Notice tone={tones[outcome]} title={titles[outcome]}>
      <p>{outcome === 'works' ? <bdi>It is {nameOf(account)}.</bdi> : message}</p>
      {/* What was taken back says itself what to do. */}
      {outcome === 'refused' && code !== 'AUTHORISATION_LOST' && <p>{remedies[origin]}</p>}
      {outcome === 'unreachable' && <p>Try it again in a while.</p>}
    </Notice>
  )
}
