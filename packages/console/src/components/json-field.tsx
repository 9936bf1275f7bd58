import type { ReactNode } from 'react'
import { CodeField } from './field.tsx'

/** A text that is meant to be JSON, as it stands. */
export type Written =
  | { readonly value: unknown; readonly error: null }
  | { readonly value: undefined; readonly error: string }

export function parseWritten(text: string): Written {
  if (text.trim() === '') return { value: undefined, error: null }
  try {
    return { value: JSON.parse(text) as unknown, error: null }
  } catch (error) {
    return { value: undefined, error: `This is not JSON yet: ${(error as Error).message}` }
  }
}

export const written = (value: unknown): string => (value === undefined ? '' : JSON.stringify(value, null, 2))

export interface JsonFieldProps {
  readonly label: string
  readonly text: string
  readonly onChange: (text: string) => void
  readonly hint?: ReactNode
}

export function JsonField({ label, text, onChange, hint }: JsonFieldProps): ReactNode {
  const { error } = parseWritten(text)
  const rows = Math.min(20, Math.max(6, text.split('\n').length))
  return (
    <CodeField
      label={label}
      hint={hint}
      error={error ?? undefined}
      value={text}
      rows={rows}
      onChange={({ target }) => onChange(target.value)}
    />
  )
}
