import type { ReactNode } from 'react'
import type { Exchange, SentPart } from '../../api/contract.ts'
import { JsonView } from '../../components/json-view.tsx'
import { toneClass } from '../../components/status.tsx'
import { count } from '../../words/words.ts'
import styles from './step-panel.module.css'

/** One request and what came back; secrets were masked before they left the server. */
export function ExchangeView({ exchange: { request, answer } }: { readonly exchange: Exchange }): ReactNode {
  return (
    <>
      <p className={styles.line}>
        <span className={styles.method}>{request.method}</span>
        <bdi>{request.url}</bdi>
      </p>
      <Sent part={request} what="request" />
      {answer === null ? (
        <p className={styles.sub}>No answer came.</p>
      ) : (
        <>
          <p className={styles.line}>
            <span className={`${styles.code} ${toneClass(answer.status < 400 ? 'completed' : 'failed')}`}>
              {answer.status}
            </span>
            <span className={styles.sub}>answer</span>
          </p>
          <Sent part={answer} what="answer" />
        </>
      )}
    </>
  )
}

function Sent({
  part: { headers, body, truncated },
  what,
}: {
  readonly part: SentPart
  readonly what: string
}): ReactNode {
  const names = Object.entries(headers)
  return (
    <>
      {names.length > 0 && (
        <details className={styles.headers}>
          <summary>{count(names.length, `header of the ${what}`, `headers of the ${what}`)}</summary>
          <dl>
            {names.map(([name, value]) => (
              <div key={name}>
                <dt>{name}: </dt>
                <dd>
                  <bdi>{value}</bdi>
                </dd>
              </div>
            ))}
          </dl>
        </details>
      )}
      {body !== null && body !== '' && <JsonView value={parsed(body)} label={`body of the ${what}`} />}
      {truncated && <p className={styles.sub}>Only its beginning was kept.</p>}
    </>
  )
}

/** JSON as a value, anything else as the text that it is. */
function parsed(body: string): unknown {
  try {
    return JSON.parse(body)
  } catch {
    return body
  }
}
