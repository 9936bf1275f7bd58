import type { ReactNode } from 'react'
import type { Connection } from '../../api/connections.ts'
import { Facts } from '../../components/facts.tsx'
import { Card } from '../../components/page.tsx'
import { At } from '../../components/time.tsx'
import { fieldWords, nameOf, schemeWords } from './connection-words.tsx'
import styles from './connection.module.css'

const origins: Readonly<Record<Connection['origin'], string>> = {
  stored: 'Connected while the app runs',
  app: 'Written in the app; its credentials come from the environment',
  simulated: 'A stand-in on this machine, with made-up credentials',
}

export function ConnectionFacts({ connection }: { readonly connection: Connection }): ReactNode {
  const { account, origin, baseUrl, scheme, fields, secrets, scopes } = connection
  const { expiresAt, lastUsedAt, createdAt, createdBy } = connection
  const time = (at: number | null): ReactNode => (at === null ? null : <At at={at} />)
  return (
    <Card title="What is known of it" lead="Secrets are kept encrypted, and never shown again.">
      <Facts
        facts={[
          ['Account', account === null ? null : <bdi key="account">{nameOf(account)}</bdi>],
          ['Where from', origins[origin]],
          ['Address', <code key="address">{baseUrl}</code>],
          ['Signs in by', schemeWords(scheme)],
          ...Object.entries(fields).map(
            ([name, value]) => [fieldWords(name), <Value key={name} text={value} />] as const,
          ),
          ['Secrets that are set', secrets.length === 0 ? null : secrets.map(fieldWords).join(', ')],
          ['Allowed to', scopes.length === 0 ? null : scopes.join(', ')],
          ['Access until', time(expiresAt)],
          ['Last used', time(lastUsedAt)],
          ['Connected', time(createdAt)],
          ['By', createdBy],
        ]}
      />
    </Card>
  )
}

/** A certificate is long, and tells people nothing. */
function Value({ text }: { readonly text: string }): ReactNode {
  if (!text.startsWith('-----BEGIN ')) return <bdi>{text}</bdi>
  return (
    <details className={styles.certificate}>
      <summary>In PEM</summary>
      <pre>{text}</pre>
    </details>
  )
}
