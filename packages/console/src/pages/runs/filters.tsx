import { useQuery } from '@tanstack/react-query'
import { X } from 'lucide-react'
import { useState, type ReactNode } from 'react'
import type { RunFilter, RunStatus } from '../../api/contract.ts'
import { flowsQuery, statusQuery } from '../../api/queries.ts'
import { Button } from '../../components/button.tsx'
import { SelectField, TextField } from '../../components/field.tsx'
import { toneClass } from '../../components/status.tsx'
import { statusMeanings, statusWords } from '../../words/words.ts'
import styles from './filters.module.css'

export interface FiltersProps {
  readonly filter: RunFilter
  readonly onChange: (filter: RunFilter) => void
}

/** What needs somebody first, what is over last. */
const order: readonly RunStatus[] = ['parked', 'failed', 'ready', 'waiting', 'queued', 'completed', 'cancelled']

const finds = [
  { value: 'key', text: 'Key', example: 'such as SO-1001' },
  { value: 'id', text: 'Run id', example: 'its beginning or its end' },
  { value: 'code', text: 'Error code', example: 'such as UPSTREAM_REFUSED' },
  { value: 'event', text: 'Event id', example: 'as the other system calls it' },
] as const

type Find = (typeof finds)[number]['value']

const times = [
  { value: '', text: 'Any time' },
  { value: '1h', text: 'Last hour' },
  { value: '24h', text: 'Last 24 hours' },
  { value: '7d', text: 'Last 7 days' },
  { value: '30d', text: 'Last 30 days' },
  { value: 'range', text: 'From … to …' },
]

export function Filters({ filter, onChange }: FiltersProps): ReactNode {
  return (
    <search className={styles.filters}>
      <StatusFilter filter={filter} onChange={onChange} />
      <div className={styles.fields}>
        <FindFilter filter={filter} onChange={onChange} />
        <FlowFilter filter={filter} onChange={onChange} />
        <TimeFilter filter={filter} onChange={onChange} />
      </div>
      <Range filter={filter} onChange={onChange} />
      <Chips filter={filter} onChange={onChange} />
    </search>
  )
}

function StatusFilter({ filter, onChange }: FiltersProps): ReactNode {
  const { data } = useQuery(statusQuery)
  const chosen = filter.status?.split(',') ?? []
  const toggle = (status: RunStatus): void => {
    const next = order.filter((one) => (one === status ? !chosen.includes(one) : chosen.includes(one)))
    onChange({ ...filter, status: next.length === 0 ? undefined : next.join(',') })
  }
  return (
    <div className={styles.statuses} role="group" aria-label="Status">
      <button
        type="button"
        className={styles.status}
        aria-pressed={chosen.length === 0}
        onClick={() => onChange({ ...filter, status: undefined })}
      >
        All
      </button>
      {order.map((status) => (
        <button
          key={status}
          type="button"
          className={`${styles.status} ${toneClass(status)}`}
          aria-pressed={chosen.includes(status)}
          title={statusMeanings[status]}
          onClick={() => toggle(status)}
        >
          {statusWords[status]}
          {data !== undefined && <b>{compact.format(data.counts[status])}</b>}
        </button>
      ))}
    </div>
  )
}

const compact = new Intl.NumberFormat('en', { notation: 'compact' })

function FindFilter({ filter, onChange }: FiltersProps): ReactNode {
  const set = finds.find(({ value }) => filter[value] !== undefined)?.value
  const [kind, setKind] = useState<Find>(set ?? 'key')
  const current = filter[kind] ?? ''
  return (
    <div className={styles.find}>
      <SelectField
        label="Look in"
        hideLabel
        options={finds}
        value={kind}
        onChange={({ target }) => setKind(target.value as Find)}
      />
      <FindText
        key={kind}
        kind={kind}
        current={current}
        onFind={(text) => onChange({ ...filter, [kind]: text === '' ? undefined : text })}
      />
    </div>
  )
}

interface FindTextProps {
  readonly kind: Find
  readonly current: string
  readonly onFind: (text: string) => void
}

function FindText({ kind, current, onFind }: FindTextProps): ReactNode {
  const [text, setText] = useState(current)
  const [applied, setApplied] = useState(current)
  if (applied !== current) {
    // It was changed elsewhere: a chip was taken away, or the address.
    setApplied(current)
    setText(current)
  }
  const { text: name, example } = finds.find(({ value }) => value === kind) ?? finds[0]
  const apply = (): void => {
    if (text.trim() !== current) onFind(text.trim())
  }
  return (
    <form
      onSubmit={(event) => {
        event.preventDefault()
        apply()
      }}
    >
      <TextField
        label={`Find by ${name.toLowerCase()}`}
        hideLabel
        type="search"
        data-search=""
        placeholder={example}
        enterKeyHint="search"
        autoComplete="off"
        spellCheck={false}
        value={text}
        onChange={({ target }) => setText(target.value)}
        onBlur={apply}
      />
    </form>
  )
}

function FlowFilter({ filter, onChange }: FiltersProps): ReactNode {
  const { data } = useQuery(flowsQuery)
  const known = (data ?? []).map(({ name }) => name)
  // One that the app no longer has can still have runs.
  const names = filter.flow === undefined || known.includes(filter.flow) ? known : [...known, filter.flow]
  return (
    <SelectField
      label="Flow"
      hideLabel
      options={[{ value: '', text: 'Every flow' }, ...names.map((name) => ({ value: name, text: name }))]}
      value={filter.flow ?? ''}
      onChange={({ target }) => onChange({ ...filter, flow: target.value || undefined })}
    />
  )
}

const isRange = ({ since, until }: RunFilter): boolean =>
  until !== undefined || (since !== undefined && !times.some(({ value }) => value === since))

function TimeFilter({ filter, onChange }: FiltersProps): ReactNode {
  const choose = (value: string): void => {
    const since = value === 'range' ? localMinute(Date.now() - 24 * 3_600_000) : value || undefined
    onChange({ ...filter, since, until: undefined })
  }
  return (
    <SelectField
      label="Started"
      hideLabel
      options={times}
      value={isRange(filter) ? 'range' : (filter.since ?? '')}
      onChange={({ target }) => choose(target.value)}
    />
  )
}

/** As a date field wants it: local time, to the minute. */
function localMinute(at: number): string {
  const date = new Date(at)
  return new Date(at - date.getTimezoneOffset() * 60_000).toISOString().slice(0, 16)
}

function Range({ filter, onChange }: FiltersProps): ReactNode {
  if (!isRange(filter)) return null
  return (
    <div className={styles.range}>
      <TextField
        label="Started from"
        type="datetime-local"
        value={filter.since ?? ''}
        onChange={({ target }) => onChange({ ...filter, since: target.value || undefined })}
      />
      <TextField
        label="to"
        type="datetime-local"
        value={filter.until ?? ''}
        onChange={({ target }) => onChange({ ...filter, until: target.value || undefined })}
      />
    </div>
  )
}

function Chips({ filter, onChange }: FiltersProps): ReactNode {
  const chips = finds.filter(({ value }) => filter[value] !== undefined)
  if (Object.values(filter).every((value) => value === undefined)) return null
  return (
    <div className={styles.chips}>
      {chips.map(({ value, text }) => (
        <span key={value} className={styles.chip}>
          <span>
            {text}: <bdi>{filter[value]}</bdi>
          </span>
          <button
            type="button"
            aria-label={`Without ${text.toLowerCase()} ${filter[value]}`}
            onClick={() => onChange({ ...filter, [value]: undefined })}
          >
            <X aria-hidden="true" />
          </button>
        </span>
      ))}
      <Button small look="quiet" onClick={() => onChange({})}>
        Clear all filters
      </Button>
    </div>
  )
}
