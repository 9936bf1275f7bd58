import type { ComponentProps, ReactNode } from 'react'

/** A part of the page that scrolls by itself, and can be reached by keyboard to do so. */
export function Scroll({ label, ...rest }: ComponentProps<'div'> & { readonly label: string }): ReactNode {
  // oxlint-disable-next-line jsx-a11y/no-noninteractive-tabindex -- WCAG 2.1.1: who has no wheel scrolls by keys
  return <div {...rest} role="group" aria-label={label} tabIndex={0} />
}
