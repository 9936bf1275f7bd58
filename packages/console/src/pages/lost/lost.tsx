import { Link, useRouter, type ErrorComponentProps } from '@tanstack/react-router'
import { Compass } from 'lucide-react'
import type { ReactNode } from 'react'
import { buttonClass } from '../../components/button.tsx'
import { Empty, ProblemNotice } from '../../components/notice.tsx'
import { Page } from '../../components/page.tsx'

/** No room has this address. */
export function LostPage(): ReactNode {
  return (
    <Page title="There is no such page">
      <Empty icon={Compass} title="Nothing stands at this address.">
        <p>The link may be old, or cut off at its end. The runs, flows and simulators are all one step from here.</p>
        <Link to="/" className={buttonClass('primary')}>
          Go home
        </Link>
      </Empty>
    </Page>
  )
}

/** A fault of the console itself, or a new version of it that was built while this page was open. */
export function BrokenPage({ error: thrown }: ErrorComponentProps): ReactNode {
  const router = useRouter()
  const error = thrown instanceof Error ? thrown : new Error(String(thrown))
  const isOld = /dynamically imported module|module script/i.test(error.message)
  const problem = isOld
    ? new Error(
        'This room could not be fetched: the server is away, or has a newer console. Load the page again to go on.',
      )
    : error
  return (
    <Page title="This page has a fault">
      <ProblemNotice
        error={problem}
        onRetry={() => {
          if (isOld) location.reload()
          else void router.invalidate()
        }}
      />
    </Page>
  )
}
