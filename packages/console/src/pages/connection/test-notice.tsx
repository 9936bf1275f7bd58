import type { ReactNode } from 'react'
import type { Connection, ConnectionTest } from '../../api/connections.ts'
import { Notice } from '../../components/notice.tsx'
import { At } from '../../components/time.tsx'
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
  at,
  connection: { connector, origin },
}: {
  readonly test: ConnectionTest
  /** When it was tried. */
  readonly at: number
  readonly connection: Connection
}): ReactNode {
  return (
    <Notice tone={tones[outcome]} title={titles[outcome]}>
      <p>{outcome === 'works' ? <bdi>It is {nameOf(account)}.</bdi> : message}</p>
      {/* What was taken back says itself what to do. */}
      {outcome === 'refused' && code !== 'AUTHORISATION_LOST' && <p>{remedies[origin]}</p>}
      {outcome === 'unreachable' && (
        <p>
          Tried at <At at={at} />.{' '}
          {origin === 'simulated' ? remedies.simulated : `If ${connector} is out of order, try it again later.`}
        </p>
      )}
    </Notice>
  )
}

/** The provider was away when the account was connected: what is not known since then, and what can be done about it. */
export function UntriedNotice({
  connector,
  untried: { since, cause },
}: {
  readonly connector: string
  readonly untried: NonNullable<Connection['untried']>
}): ReactNode {
  return (
    <Notice tone="parked" title={`${connector} could not be reached: this account is not tried yet.`}>
      <p>
        Since <At at={since} /> nobody knows whether it works. What came instead of an answer: <bdi>{cause}</bdi>
      </p>
      <p>
        Flows may use it already. When {connector} answers again, press “Try it”: it then also says whose account it is.
      </p>
    </Notice>
  )
}
