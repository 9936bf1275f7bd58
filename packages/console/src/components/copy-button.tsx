import { Check, Copy } from 'lucide-react'
import { useEffect, useState, type ReactNode } from 'react'
import { IconButton } from './button.tsx'

export interface CopyButtonProps {
  /** Put together only when it is wanted. */
  readonly text: () => string
  readonly what: string
}

export function CopyButton({ text, what }: CopyButtonProps): ReactNode {
  const [state, setState] = useState<'idle' | 'copied' | 'refused'>('idle')
  useEffect(() => {
    if (state === 'idle') return undefined
    const timer = setTimeout(() => setState('idle'), 2_000)
    return () => clearTimeout(timer)
  }, [state])
  const copy = (): void => {
    navigator.clipboard.writeText(text()).then(
      () => setState('copied'),
      () => setState('refused'),
    )
  }
  const label =
    state === 'copied' ? 'Copied' : state === 'refused' ? 'The browser does not let us copy' : `Copy ${what}`
  return (
    <>
      <IconButton
        small
        label={label}
        icon={state === 'copied' ? <Check aria-hidden="true" /> : <Copy aria-hidden="true" />}
        onClick={copy}
      />
      <span className="spoken" aria-live="polite">
        {state === 'idle' ? '' : label}
      </span>
    </>
  )
}
