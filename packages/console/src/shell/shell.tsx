import { useQuery } from '@tanstack/react-query'
import { Link, Outlet } from '@tanstack/react-router'
import {
  Cable,
  FlaskConical,
  Gauge,
  House,
  LogOut,
  Rows3,
  Server,
  Unplug,
  Workflow,
  type LucideIcon,
} from 'lucide-react'
import { useEffect, useState, type ReactNode } from 'react'
import { remove } from '../api/client.ts'
import { liveState, type LiveState } from '../api/live.ts'
import { sessionQuery, statusQuery } from '../api/queries.ts'
import { sessionState } from '../api/session.ts'
import { useStore } from '../api/store.ts'
import { Button, IconButton } from '../components/button.tsx'
import { Dialog } from '../components/dialog.tsx'
import { ProblemNotice } from '../components/notice.tsx'
import { Toasts } from '../components/toasts.tsx'
import { SessionPage } from './session-pages.tsx'
import styles from './shell.module.css'
import { Shortcuts } from './shortcuts.tsx'
import { ThemeButton } from './theme.tsx'

const rooms: readonly {
  to: '/' | '/runs' | '/flows' | '/connections' | '/budgets' | '/nodes' | '/simulators'
  text: string
  icon: LucideIcon
}[] = [
  { to: '/', text: 'Home', icon: House },
  { to: '/runs', text: 'Runs', icon: Rows3 },
  { to: '/flows', text: 'Flows', icon: Workflow },
  { to: '/connections', text: 'Connections', icon: Cable },
  { to: '/budgets', text: 'Budgets', icon: Gauge },
  { to: '/nodes', text: 'Nodes', icon: Server },
  { to: '/simulators', text: 'Simulators', icon: FlaskConical },
]

/** What stands around every room: the way to the others, and what holds for the whole page. */
export function Shell(): ReactNode {
  const session = useStore(sessionState)
  useQuery(sessionQuery)
  if (session !== 'open') return <SessionPage state={session} />
  return (
    <>
      <a className={styles.skip} href="#main">
        Skip to content
      </a>
      <div className={styles.shell}>
        <Side />
        {/* The target of the skip link. */}
        <main id="main" className={styles.main} tabIndex={-1}>
          <LostNotice />
          <Outlet />
        </main>
      </div>
      <Toasts />
    </>
  )
}

function Side(): ReactNode {
  const status = useQuery({ ...statusQuery, refetchInterval: 10_000 })
  const needs = status.data?.counts.parked ?? 0
  // A node by itself has no others to show.
  const shown = rooms.filter(({ to }) => to !== '/nodes' || typeof status.data?.nodes === 'number')
  return (
    <header className={styles.side}>
      <Link to="/" className={styles.brand}>
        <img src="/console/mark.svg" alt="" />
        <span>
          Tenon
          {status.data?.app !== undefined && <bdi className={styles.app}>{status.data.app.name}</bdi>}
        </span>
      </Link>
      <nav className={styles.nav} aria-label="Rooms">
        <ul>
          {shown.map(({ to, text, icon: Icon }) => (
            <li key={to}>
              <Link to={to} className={styles.link} activeOptions={{ exact: to === '/', includeSearch: false }}>
                <Icon aria-hidden="true" />
                {text}
                {to === '/runs' && needs > 0 && (
                  <span className={styles.needs}>
                    {needs > 99 ? '99+' : needs}
                    <span className="spoken"> need you</span>
                  </span>
                )}
              </Link>
            </li>
          ))}
        </ul>
      </nav>
      <div className={styles.foot}>
        <LiveSign />
        <div className={styles.tools}>
          <ThemeButton />
          <Shortcuts />
          <SignOut />
        </div>
      </div>
    </header>
  )
}

const liveWords: Readonly<Record<LiveState, string>> = {
  idle: 'Not listening',
  connecting: 'Connecting …',
  live: 'Live',
  lost: 'Connecting again …',
}

function LiveSign(): ReactNode {
  const state = useStore(liveState)
  if (state === 'idle') return null
  return (
    <p className={styles.live} data-state={state}>
      <i aria-hidden="true" />
      {liveWords[state]}
    </p>
  )
}

function LostNotice(): ReactNode {
  const state = useStore(liveState)
  return <div role="status">{state === 'lost' && <Lost />}</div>
}

/** Only when the connection stays away: a short break is nobody's business. */
function Lost(): ReactNode {
  const [isLong, setLong] = useState(false)
  useEffect(() => {
    const timer = setTimeout(() => setLong(true), 1_500)
    return () => clearTimeout(timer)
  }, [])
  if (!isLong) return null
  return (
    <p className={styles.lost}>
      <Unplug aria-hidden="true" />
      The connection to Tenon is lost. What you see may be out of date; this page goes on by itself when it is back.
    </p>
  )
}

function SignOut(): ReactNode {
  const [isOpen, setOpen] = useState(false)
  const [error, setError] = useState<Error | null>(null)
  const session = useQuery(sessionQuery)
  const leave = (): void => {
    remove('/session').then(
      () => sessionState.set('left'),
      (problem: Error) => setError(problem),
    )
  }
  return (
    <>
      <IconButton label="Sign out" icon={<LogOut aria-hidden="true" />} onClick={() => setOpen(true)} />
      <Dialog
        open={isOpen}
        onClose={() => setOpen(false)}
        title="Sign out?"
        foot={
          <>
            <Button onClick={() => setOpen(false)}>Stay</Button>
            <Button look="primary" onClick={leave}>
              Sign out
            </Button>
          </>
        }
      >
        <p>
          {session.data === undefined ? '' : `You are signed in as ${session.data.by}. `}Runs go on without you. To come
          back you need a new sign-in link: <code>npx tenon console</code>
        </p>
        {error !== null && <ProblemNotice error={error} />}
      </Dialog>
    </>
  )
}
