import { Link } from '@tanstack/react-router'
import { ChevronLeft } from 'lucide-react'
import { useEffect, useId, type ReactNode } from 'react'
import styles from './page.module.css'

type Room = '/' | '/runs' | '/flows' | '/connections' | '/simulators'

export interface PageProps {
  /** In the browser's title and as the heading. */
  readonly title: string
  /** What the heading shows instead of the title alone. */
  readonly heading?: ReactNode
  readonly lead?: ReactNode
  readonly actions?: ReactNode
  readonly back?: { readonly to: Room; readonly text: string }
  readonly children?: ReactNode
}

export function Page({ title, heading, lead, actions, back, children }: PageProps): ReactNode {
  useEffect(() => {
    document.title = `${title} · Tenon`
  }, [title])
  return (
    <div className={styles.page}>
      <header className={styles.head}>
        <div className={styles.titles}>
          {back !== undefined && (
            <Link to={back.to} className={styles.back}>
              <ChevronLeft aria-hidden="true" />
              {back.text}
            </Link>
          )}
          <h1>{heading ?? title}</h1>
          {lead !== undefined && <div className={styles.lead}>{lead}</div>}
        </div>
        {actions !== undefined && <div className={styles.actions}>{actions}</div>}
      </header>
      {children}
    </div>
  )
}

export interface CardProps {
  readonly title: string
  readonly lead?: ReactNode
  readonly aside?: ReactNode
  /** Its content reaches the edges. */
  readonly flush?: boolean
  readonly children: ReactNode
}

export function Card({ title, lead, aside, flush = false, children }: CardProps): ReactNode {
  const id = useId()
  return (
    <section className={styles.card} aria-labelledby={id}>
      <div className={styles.cardHead}>
        <h2 id={id}>{title}</h2>
        {aside}
        {lead !== undefined && <p>{lead}</p>}
      </div>
      <div className={flush ? styles.flush : styles.cardBody}>{children}</div>
    </section>
  )
}
