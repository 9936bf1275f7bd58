import type { ReactNode } from 'react'
import type { Delivery, SeenRequest } from '../../api/contract.ts'
import { Scroll } from '../../components/scroll.tsx'
import { toneClass } from '../../components/status.tsx'
import { At } from '../../components/time.tsx'
import { faultTitle } from './fault-words.ts'
import styles from './simulator.module.css'

const most = 200

interface ScrollProps {
  readonly label: string
  readonly heads: readonly string[]
  readonly children: ReactNode
}

/** A table in a window of its own. */
export function ScrollTable({ label, heads, children }: ScrollProps): ReactNode {
  return (
    <Scroll className={styles.scroll} label={label}>
      <table className={styles.table}>
        <thead>
          <tr>
            {heads.map((head) => (
              <th key={head} scope="col">
                {head}
              </th>
            ))}
          </tr>
        </thead>
        <tbody>{children}</tbody>
      </table>
    </Scroll>
  )
}

function Answer({ status }: { readonly status: number | null }): ReactNode {
  const isGood = status !== null && status < 400
  return <span className={`${styles.status} ${toneClass(isGood ? 'completed' : 'failed')}`}>{status ?? 'none'}</span>
}

export function Requests({ requests }: { readonly requests: readonly SeenRequest[] }): ReactNode {
  if (requests.length === 0) return <p className={styles.none}>Nobody has asked it anything yet.</p>
  return (
    <ScrollTable label="Requests" heads={['When', 'What was asked', 'Answer']}>
      {requests.slice(0, most).map((request, index) => (
        <tr key={`${request.at} ${index}`}>
          <td className={styles.soft}>
            <At at={request.at} />
          </td>
          <td>
            {request.operation !== null && (
              <>
                <strong>{request.operation}</strong>
                <br />
              </>
            )}
            <span className={styles.code}>
              {request.method} <bdi>{request.path}</bdi>
            </span>
            <RequestMarks request={request} />
          </td>
          <td>
            <Answer status={request.status} />
          </td>
        </tr>
      ))}
    </ScrollTable>
  )
}

function RequestMarks({ request: { fault, replayed, effect } }: { readonly request: SeenRequest }): ReactNode {
  return (
    <span className={styles.marks}>
      {effect && <span className={styles.mark}>changed something</span>}
      {replayed && (
        <span
          className={`${styles.mark} ${toneClass('waiting')}`}
          title="The answer of an earlier request with the same key"
        >
          same as before
        </span>
      )}
      {fault !== null && <span className={`${styles.mark} ${toneClass('parked')}`}>{faultTitle(fault)}</span>}
    </span>
  )
}

const kindWords: Readonly<Record<string, string>> = {
  duplicate: 'sent twice',
  forged: 'forged',
  stale: 'old signature',
  'wrong-secret': 'wrong secret',
  missing: 'held back',
}

export function Deliveries({ deliveries }: { readonly deliveries: readonly Delivery[] }): ReactNode {
  if (deliveries.length === 0) return <p className={styles.none}>It has sent no event yet.</p>
  return (
    <ScrollTable label="Events sent" heads={['When', 'Event', 'Answer']}>
      {deliveries.slice(0, most).map((delivery, index) => (
        <tr key={`${delivery.at} ${index}`}>
          <td className={styles.soft}>
            <At at={delivery.at} />
          </td>
          <td>
            <strong>{delivery.type}</strong>
            <br />
            <bdi className={styles.code}>{delivery.event}</bdi>
            <span className={styles.marks}>
              {delivery.attempt > 1 && <span className={styles.mark}>try {delivery.attempt}</span>}
              {delivery.kind in kindWords && (
                <span className={`${styles.mark} ${toneClass('parked')}`}>{kindWords[delivery.kind]}</span>
              )}
            </span>
          </td>
          <td>
            <Answer status={delivery.status} />
          </td>
        </tr>
      ))}
    </ScrollTable>
  )
}
