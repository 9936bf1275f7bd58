import { useQuery } from '@tanstack/react-query'
import { Link } from '@tanstack/react-router'
import { Cable, Plus } from 'lucide-react'
import { useState, type ReactNode } from 'react'
import type { Connection } from '../../api/connections.ts'
import { connectionsQuery } from '../../api/connections.ts'
import { Button } from '../../components/button.tsx'
import { Empty, ProblemNotice, Skeleton } from '../../components/notice.tsx'
import { Page } from '../../components/page.tsx'
import { Ago, At } from '../../components/time.tsx'
import row from '../../components/row-card.module.css'
import { ConnectDialog } from '../connection/connect-dialog.tsx'
import { ConnectionBadge, accountWords } from '../connection/connection-words.tsx'
import styles from '../flows/flows.module.css'

export function ConnectionsPage(): ReactNode {
  const { data, error, refetch } = useQuery({ ...connectionsQuery, refetchInterval: 5_000 })
  const [isOpen, setOpen] = useState(false)
  return (
    <Page
      title="Connections"
      lead="The accounts that flows work with. Each is connected once, and stays so until somebody takes it back."
      actions={
        <Button look="primary" onClick={() => setOpen(true)}>
          <Plus aria-hidden="true" />
          Connect an account
        </Button>
      }
    >
      {error !== null && data === undefined && <ProblemNotice error={error} onRetry={() => void refetch()} />}
      {data === undefined && error === null && <Skeleton />}
      {data?.length === 0 && (
        <Empty icon={Cable} title="No account is connected.">
          <p>Connect one here, or in a terminal: npx tenon connect</p>
        </Empty>
      )}
      <ul className={row.rows}>
        {data?.map((connection) => (
          <li key={`${connection.connector}/${connection.name}`}>
            <ConnectionCard connection={connection} />
          </li>
        ))}
      </ul>
      {isOpen && <ConnectDialog onClose={() => setOpen(false)} />}
    </Page>
  )
}

function ConnectionCard({ connection }: { readonly connection: Connection }): ReactNode {
  const { connector, name, cause, lastUsedAt, expiresAt } = connection
  return (
    <article className={`${row.card} ${styles.flow}`}>
      <div>
        <h2>
          <Link to="/connections/$connector/$name" params={{ connector, name }} data-item="">
            <bdi>{name === 'main' ? connector : `${connector} ${name}`}</bdi>
          </Link>
          <ConnectionBadge connection={connection} />
        </h2>
        <p className={row.text}>
          <bdi>{accountWords(connection)}</bdi>
        </p>
        {cause !== null && <p className={row.text}>{cause}</p>}
      </div>
      <p className={row.text}>
        {lastUsedAt !== null && (
          <>
            last used <Ago at={lastUsedAt} />
          </>
        )}
        {lastUsedAt !== null && expiresAt !== null && ' · '}
        {expiresAt !== null && (
          <>
            access until <At at={expiresAt} />
          </>
        )}
      </p>
    </article>
  )
}
