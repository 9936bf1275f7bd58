import type { ReactNode } from 'react'
import { CopyButton } from '../components/copy-button.tsx'
import styles from './shell.module.css'

const command = 'npx tenon console'

/** Stands alone: nothing of the app is shown to someone it does not know. */
export function SessionPage({ state }: { readonly state: 'ended' | 'left' }): ReactNode {
  const left = state === 'left'
  return (
    <main className={styles.alone}>
      <div>
        <img src="/console/mark.svg" alt="" />
        <h1>{left ? 'You are signed out.' : 'Your session has ended.'}</h1>
        <p>
          {left
            ? 'To come back, get a new sign-in link. On the machine where Tenon runs, enter:'
            : 'Sign-in links work once, and a session does not last for ever. Nothing is lost. To go on, get a new link: on the machine where Tenon runs, enter:'}
        </p>
        <div className={styles.command}>
          <code>{command}</code>
          <CopyButton text={() => command} what="the command" />
        </div>
        <p>Then open the address that it prints. Without access to that machine, ask whoever runs Tenon for you.</p>
      </div>
    </main>
  )
}
