import { useMutation, useQueryClient } from '@tanstack/react-query'
import { useState, type ReactNode } from 'react'
import { post } from '../../api/client.ts'
import type { SimulatorDetail } from '../../api/contract.ts'
import { Button } from '../../components/button.tsx'
import { Dialog } from '../../components/dialog.tsx'
import { ChoiceField, SelectField, TextField } from '../../components/field.tsx'
import { ProblemNotice } from '../../components/notice.tsx'
import { say } from '../../components/toasts.tsx'
import { faultKinds, faultTitle, type FaultKind } from './fault-words.ts'
import styles from './simulator.module.css'

interface FaultForm {
  readonly kind: string
  readonly of: string
  readonly next: string
  readonly delayMs: string
  readonly retryAfterS: string
}

const first: FaultForm = { kind: 'error', of: '', next: '1', delayMs: '2000', retryAfterS: '2' }

const choices = faultKinds.map(({ kind, title, text }) => ({ value: kind, title, text }))

export function FaultDialog({
  simulator,
  onClose,
}: {
  readonly simulator: SimulatorDetail
  readonly onClose: () => void
}): ReactNode {
  const [form, setForm] = useState(first)
  const queries = useQueryClient()
  const kind = faultKinds.find((one) => one.kind === form.kind)
  const set = useMutation({
    mutationFn: () => post(`/simulators/${encodeURIComponent(simulator.connector)}/faults`, bodyOf(form, kind)),
    onSuccess: async () => {
      onClose()
      say(kind?.on === 'tokens' ? 'All logins have ended.' : 'The fault is set.', faultTitle(form))
      await queries.invalidateQueries()
    },
  })
  return (
    <Dialog
      open
      wide
      onClose={onClose}
      title={`Make something go wrong at ${simulator.connector}`}
      foot={
        <>
          <Button onClick={onClose}>Leave it</Button>
          <Button look="primary" busy={set.isPending} onClick={() => set.mutate()}>
            {kind?.on === 'tokens' ? 'End all logins' : 'Set the fault'}
          </Button>
        </>
      }
    >
      <p>This happens only in the simulator. Then start a run, and see how Tenon gets along with it.</p>
      <ChoiceField
        label="What goes wrong?"
        choices={choices}
        value={form.kind}
        onChange={(value) => setForm({ ...form, kind: value, of: '' })}
      />
      {kind !== undefined && <FaultFields simulator={simulator} kind={kind} form={form} onChange={setForm} />}
      {set.error !== null && <ProblemNotice error={set.error} />}
    </Dialog>
  )
}

interface FaultFieldsProps {
  readonly simulator: SimulatorDetail
  readonly kind: FaultKind
  readonly form: FaultForm
  readonly onChange: (form: FaultForm) => void
}

function FaultFields({ simulator, kind, form, onChange }: FaultFieldsProps): ReactNode {
  if (kind.on === 'tokens') return null
  const isRequest = kind.on === 'request'
  const names = isRequest ? simulator.operations : simulator.events
  const number = (name: 'next' | 'delayMs' | 'retryAfterS', label: string, least: number): ReactNode => (
    <TextField
      key={name}
      label={label}
      type="number"
      min={least}
      step={1}
      value={form[name]}
      onChange={({ target }) => onChange({ ...form, [name]: target.value })}
    />
  )
  return (
    <div className={styles.pair}>
      <SelectField
        label={isRequest ? 'At which operation' : 'With which event'}
        options={[
          { value: '', text: isRequest ? 'Any operation' : 'Any event' },
          ...names.map((name) => ({ value: name, text: name })),
        ]}
        value={form.of}
        onChange={({ target }) => onChange({ ...form, of: target.value })}
      />
      {number('next', 'How many times', 1)}
      {kind.numbers.includes('delayMs') && number('delayMs', 'By how many milliseconds', 0)}
      {kind.numbers.includes('retryAfterS') && number('retryAfterS', 'Wait, in seconds', 0)}
    </div>
  )
}

function bodyOf(form: FaultForm, kind: FaultKind | undefined): object {
  if (kind === undefined || kind.on === 'tokens') return { kind: form.kind }
  return {
    kind: form.kind,
    next: Number(form.next),
    ...(form.of !== '' && { of: form.of }),
    ...Object.fromEntries(kind.numbers.map((name) => [name, Number(form[name])])),
  }
}
