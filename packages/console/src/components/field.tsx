import { ChevronDown } from 'lucide-react'
import { useId, type ComponentProps, type ReactNode } from 'react'
import styles from './field.module.css'

export interface FieldFrame {
  readonly label: string
  /** Only ears get the label; the look says it otherwise. */
  readonly hideLabel?: boolean
  readonly hint?: ReactNode
  readonly error?: string | undefined
}

interface Ids {
  readonly id: string
  readonly 'aria-describedby': string | undefined
  readonly 'aria-invalid': true | undefined
}

function Field({
  label,
  hideLabel = false,
  hint,
  error,
  children,
}: FieldFrame & { readonly children: (ids: Ids) => ReactNode }): ReactNode {
  const id = useId()
  const described = [hint !== undefined && `${id}-hint`, error !== undefined && `${id}-error`].filter(Boolean).join(' ')
  return (
    <div className={styles.field}>
      <label className={hideLabel ? 'spoken' : styles.label} htmlFor={id}>
        {label}
      </label>
      {children({
        id,
        'aria-describedby': described === '' ? undefined : described,
        'aria-invalid': error === undefined ? undefined : true,
      })}
      {hint !== undefined && (
        <p id={`${id}-hint`} className={styles.hint}>
          {hint}
        </p>
      )}
      {error !== undefined && (
        <p id={`${id}-error`} className={styles.error} role="alert">
          {error}
        </p>
      )}
    </div>
  )
}

export function TextField({
  label,
  hideLabel,
  hint,
  error,
  ...rest
}: FieldFrame & Omit<ComponentProps<'input'>, 'id' | 'className'>): ReactNode {
  const frame = { label, hint, error, ...(hideLabel !== undefined && { hideLabel }) }
  return <Field {...frame}>{(ids) => <input {...rest} {...ids} className={styles.input} />}</Field>
}

export function CodeField({
  label,
  hint,
  error,
  secret = false,
  ...rest
}: FieldFrame & { readonly secret?: boolean } & Omit<ComponentProps<'textarea'>, 'id' | 'className'>): ReactNode {
  return (
    <Field label={label} hint={hint} error={error}>
      {(ids) => (
        <textarea
          {...rest}
          {...ids}
          className={`${styles.input} ${styles.code} ${secret ? styles.secret : ''}`}
          spellCheck={false}
          autoCapitalize="off"
          autoComplete="off"
        />
      )}
    </Field>
  )
}

export interface Option {
  readonly value: string
  readonly text: string
}

/** The browser's own list: right on a phone, right for every reader. */
export function SelectField({
  label,
  hideLabel,
  hint,
  error,
  options,
  ...rest
}: FieldFrame & { readonly options: readonly Option[] } & Omit<
    ComponentProps<'select'>,
    'id' | 'className' | 'children'
  >): ReactNode {
  const frame = { label, hint, error, ...(hideLabel !== undefined && { hideLabel }) }
  return (
    <Field {...frame}>
      {(ids) => (
        <span className={styles.selectBox}>
          <select {...rest} {...ids} className={`${styles.input} ${styles.select}`}>
            {options.map(({ value, text }) => (
              <option key={value} value={value}>
                {text}
              </option>
            ))}
          </select>
          <ChevronDown aria-hidden="true" />
        </span>
      )}
    </Field>
  )
}

export interface Choice<Value extends string> {
  readonly value: Value
  readonly title: string
  readonly text: string
}

export interface ChoiceFieldProps<Value extends string> {
  readonly label: string
  readonly choices: readonly Choice<Value>[]
  readonly value: Value | null
  readonly onChange: (value: Value) => void
}

/** One of a few, each with a sentence on what it means. */
export function ChoiceField<Value extends string>({
  label,
  choices,
  value,
  onChange,
}: ChoiceFieldProps<Value>): ReactNode {
  const name = useId()
  return (
    <fieldset className={styles.choices}>
      <legend className={styles.label}>{label}</legend>
      {choices.map((choice) => (
        <label key={choice.value} className={styles.choice}>
          <input
            type="radio"
            name={name}
            value={choice.value}
            checked={value === choice.value}
            onChange={() => onChange(choice.value)}
          />
          <strong>{choice.title}</strong>
          <span>{choice.text}</span>
        </label>
      ))}
    </fieldset>
  )
}

export interface CheckFieldProps {
  readonly label: string
  readonly hint: string
  readonly checked: boolean
  readonly onChange: (checked: boolean) => void
}

export function CheckField({ label, hint, checked, onChange }: CheckFieldProps): ReactNode {
  return (
    <label className={styles.choice}>
      <input type="checkbox" checked={checked} onChange={({ target }) => onChange(target.checked)} />
      <strong>{label}</strong>
      <span>{hint}</span>
    </label>
  )
}
