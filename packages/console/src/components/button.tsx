import type { ComponentProps, ReactNode } from 'react'
import styles from './button.module.css'

export type ButtonLook = 'plain' | 'primary' | 'danger' | 'quiet'

export interface ButtonProps extends ComponentProps<'button'> {
  readonly look?: ButtonLook
  readonly small?: boolean
  readonly busy?: boolean
}

export function buttonClass(look: ButtonLook = 'plain', ...more: (string | false | undefined)[]): string {
  return [styles.button, look === 'plain' ? '' : styles[look], ...more].filter(Boolean).join(' ')
}

export function Button({ look, small = false, busy = false, className, disabled, ...rest }: ButtonProps): ReactNode {
  return (
    <button
      type="button"
      {...rest}
      disabled={disabled === true || busy}
      aria-busy={busy || undefined}
      className={buttonClass(look, small && styles.small, className)}
    />
  )
}

export interface IconButtonProps extends Omit<ButtonProps, 'children'> {
  /** What it does, spoken and shown on hover. */
  readonly label: string
  readonly icon: ReactNode
}

export function IconButton({ label, icon, look = 'quiet', className, ...rest }: IconButtonProps): ReactNode {
  return (
    <Button
      {...rest}
      look={look}
      title={label}
      aria-label={label}
      className={[styles.icon, className].filter(Boolean).join(' ')}
    >
      {icon}
    </Button>
  )
}
