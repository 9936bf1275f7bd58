import type { ReactNode } from 'react'
import { ProblemNotice, Skeleton } from './notice.tsx'
import { Page, type PageProps } from './page.tsx'

/** A page whose content is on its way, or could not be had. */
export function UnreadPage({
  title,
  back,
  error,
  onRetry,
}: Pick<PageProps, 'title' | 'back'> & { readonly error: Error | null; readonly onRetry: () => void }): ReactNode {
  return (
    <Page title={title} {...(back && { back })}>
      {error === null ? <Skeleton lines={8} /> : <ProblemNotice error={error} onRetry={onRetry} />}
    </Page>
  )
}
