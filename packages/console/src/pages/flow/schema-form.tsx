import { Plus, X } from 'lucide-react'
import { useState, type ReactNode } from 'react'
import type { JsonSchema } from '../../api/contract.ts'
import { Button, IconButton } from '../../components/button.tsx'
import { SelectField, TextField } from '../../components/field.tsx'
import { JsonField, parseWritten, written } from '../../components/json-field.tsx'
import { capital, plainWords } from '../../words/words.ts'
import styles from './schema-form.module.css'

interface PartProps {
  readonly schema: JsonSchema
  readonly value: unknown
  readonly onChange: (value: unknown) => void
}

interface NamedProps extends PartProps {
  readonly name: string
  readonly isRequired: boolean
}

type Kind = 'object' | 'array' | 'boolean' | 'number' | 'text' | 'choice' | 'json'

/** `anyOf` of one thing and null is that thing, which may be left out. */
function simple(schema: JsonSchema): JsonSchema {
  const choices = (schema.anyOf ?? schema.oneOf)?.filter(({ type }) => type !== 'null')
  return choices?.length === 1 && choices[0] !== undefined ? { ...schema, ...choices[0] } : schema
}

function kindOf(schema: JsonSchema): Kind {
  if (schema.enum !== undefined || schema.const !== undefined) return 'choice'
  const types = [schema.type].flat().filter((type) => type !== 'null' && type !== undefined)
  const [type] = types
  if (types.length !== 1) return schema.properties === undefined ? 'json' : 'object'
  if (type === 'object') return schema.properties === undefined ? 'json' : 'object'
  if (type === 'array') return schema.items === undefined ? 'json' : 'array'
  if (type === 'boolean') return 'boolean'
  if (type === 'number' || type === 'integer') return 'number'
  return type === 'string' ? 'text' : 'json'
}

/** The least that fits a schema's form, to begin with. */
export function emptyOf(raw: JsonSchema): unknown {
  const schema = simple(raw)
  if (schema.default !== undefined) return schema.default
  switch (kindOf(schema)) {
    case 'object':
      return Object.fromEntries(
        (schema.required ?? []).flatMap((name) => {
          const inner = schema.properties?.[name]
          return inner === undefined ? [] : [[name, emptyOf(inner)]]
        }),
      )
    case 'array':
      return []
    case 'boolean':
      return false
    case 'number':
      return schema.minimum ?? 0
    case 'choice':
      return schema.const ?? schema.enum?.[0]
    case 'text':
      return ''
    default:
      return null
  }
}

/** A form made from a schema. What a form cannot say is written as JSON; what is right, the server judges. */
export function SchemaForm({ schema, value, onChange }: PartProps): ReactNode {
  return (
    <div className={styles.form}>
      {kindOf(simple(schema)) === 'object' ? (
        <Members schema={simple(schema)} value={value} onChange={onChange} />
      ) : (
        <Part name="input" isRequired schema={schema} value={value} onChange={onChange} />
      )}
    </div>
  )
}

const isRecord = (value: unknown): value is Readonly<Record<string, unknown>> =>
  typeof value === 'object' && value !== null && !Array.isArray(value)

function Members({ schema, value, onChange }: PartProps): ReactNode {
  const [all, setAll] = useState(false)
  const members = isRecord(value) ? value : {}
  const required = new Set(schema.required)
  const names = Object.keys(schema.properties ?? {})
  const shown = names.filter((name) => all || required.has(name) || Object.hasOwn(members, name))
  const hidden = names.length - shown.length
  const change = (name: string, next: unknown): void => {
    const rest = Object.fromEntries(Object.entries(members).filter(([other]) => other !== name))
    onChange(next === undefined ? rest : { ...members, [name]: next })
  }
  return (
    <>
      {shown.map((name) => (
        <Part
          key={name}
          name={name}
          isRequired={required.has(name)}
          schema={schema.properties?.[name] ?? {}}
          value={members[name]}
          onChange={(next) => change(name, next)}
        />
      ))}
      {hidden > 0 && (
        <p className={styles.optional}>
          <Button small look="quiet" onClick={() => setAll(true)}>
            <Plus aria-hidden="true" />
            {hidden === 1 ? 'One more field' : `${hidden} more fields`} that may stay empty
          </Button>
        </p>
      )}
    </>
  )
}

function Part({ name, isRequired, schema: raw, value, onChange }: NamedProps): ReactNode {
  const schema = simple(raw)
  const label = `${schema.title ?? capital(plainWords(name))}${isRequired ? '' : ' (may stay empty)'}`
  const part = { schema, value, onChange, label, isRequired }
  switch (kindOf(schema)) {
    case 'object':
      return (
        <fieldset className={styles.group}>
          <legend>{label}</legend>
          <Members schema={schema} value={value} onChange={onChange} />
        </fieldset>
      )
    case 'array':
      return <List {...part} />
    case 'boolean':
      return (
        <label className={styles.check}>
          <input type="checkbox" checked={value === true} onChange={({ target }) => onChange(target.checked)} />
          {label}
        </label>
      )
    case 'number':
      return <NumberPart {...part} />
    case 'choice':
      return <ChoicePart {...part} />
    case 'text':
      return <TextPart {...part} />
    default:
      return <JsonPart {...part} />
  }
}

interface LabelledProps extends PartProps {
  readonly label: string
  readonly isRequired: boolean
}

function List({ schema, value, onChange, label }: LabelledProps): ReactNode {
  const items = Array.isArray(value) ? (value as unknown[]) : []
  const inner = schema.items ?? {}
  return (
    <fieldset className={styles.group}>
      <legend>{label}</legend>
      {items.map((item, index) => (
        <div key={index} className={styles.item}>
          <Part
            name={`${index + 1}`}
            isRequired
            schema={inner}
            value={item}
            onChange={(next) => onChange(items.map((one, other) => (other === index ? next : one)))}
          />
          <IconButton
            label={`Remove ${index + 1}`}
            icon={<X aria-hidden="true" />}
            onClick={() => onChange(items.filter((_, other) => other !== index))}
          />
        </div>
      ))}
      <p>
        <Button small onClick={() => onChange([...items, emptyOf(inner)])}>
          <Plus aria-hidden="true" />
          Add
        </Button>
      </p>
    </fieldset>
  )
}

const inputTypes: Readonly<Record<string, string>> = { email: 'email', uri: 'url', date: 'date' }

function TextPart({ schema, value, onChange, label, isRequired }: LabelledProps): ReactNode {
  return (
    <TextField
      label={label}
      hint={schema.description}
      type={inputTypes[schema.format ?? ''] ?? 'text'}
      required={isRequired}
      value={typeof value === 'string' ? value : ''}
      onChange={({ target }) => onChange(target.value === '' && !isRequired ? undefined : target.value)}
    />
  )
}

function NumberPart({ schema, value, onChange, label, isRequired }: LabelledProps): ReactNode {
  return (
    <TextField
      label={label}
      hint={schema.description}
      type="number"
      step={schema.type === 'integer' ? 1 : 'any'}
      min={schema.minimum}
      max={schema.maximum}
      required={isRequired}
      value={typeof value === 'number' ? String(value) : ''}
      onChange={({ target }) => onChange(target.value === '' ? undefined : target.valueAsNumber)}
    />
  )
}

function ChoicePart({ schema, value, onChange, label, isRequired }: LabelledProps): ReactNode {
  const values = schema.enum ?? [schema.const]
  const texts = values.map((one) => (typeof one === 'string' ? one : JSON.stringify(one)))
  const options = texts.map((text, index) => ({ value: String(index), text }))
  const index = values.findIndex((one) => JSON.stringify(one) === JSON.stringify(value))
  return (
    <SelectField
      label={label}
      hint={schema.description}
      options={isRequired && index >= 0 ? options : [{ value: '', text: '–' }, ...options]}
      value={index < 0 ? '' : String(index)}
      onChange={({ target }) => onChange(target.value === '' ? undefined : values[Number(target.value)])}
    />
  )
}

function JsonPart({ schema, value, onChange, label }: LabelledProps): ReactNode {
  const [text, setText] = useState(written(value))
  return (
    <JsonField
      label={`${label}, as JSON`}
      hint={schema.description}
      text={text}
      onChange={(next) => {
        setText(next)
        const read = parseWritten(next)
        if (read.error === null) onChange(read.value)
      }}
    />
  )
}
