import { useMutation, useQueryClient } from '@tanstack/react-query'
import { useState, type ReactNode } from 'react'
import { post } from '../../api/client.ts'
import type { FaultChoice, SimulatorDetail } from '../../api/contract.ts'
import { Button } from '../../components/button.tsx'
import { Dialog } from '../../components/dialog.tsx'
import { ChoiceField, SelectField, TextField } from '../../components/field.tsx'
import { ProblemNotice } from '../../components/notice.tsx'
import { say } from '../../components/toasts.tsx'
import { capital } from '../../words/words.ts'
import { faultTitle } from './fault-words.ts'
import styles from './simulator.module.css'

type About = 'request' | 'webhook' | 'tokens'

interface FaultForm {
  readonly about: About
  readonly kind: string
  readonly of: string
  readonly next: string
  readonly delayMs: string
  readonly retryAfterS: string
}

const first: FaultForm = { about: 'request', kind: 'error', of: '', next: '1', delayMs: '2000', retryAfterS: '2' }

const abouts = [
  { value: 'request', title: 'Requests to it', text: 'It answers wrongly, late, or not at all.' },
  { value: 'webhook', title: 'Events from it', text: 'They come twice, late, forged, or never.' },
  { value: 'tokens', title: 'Logins', text: 'All logins end at once; Tenon has to log in again by itself.' },
] as const

interface FaultDialogProps {
  readonly simulator: SimulatorDetail
  readonly onClose: () => void
}

export function FaultDialog({ simulator, onClose }: FaultDialogProps): ReactNode {
  const [form, setForm] = useState(first)
  const queries = useQueryClient()
  const isLogins = form.about === 'tokens'
  const choice = simulator.faultChoices.find(({ about, kind }) => about === form.about && kind === form.kind)
  const set = useMutation({
    mutationFn: () => post(`/simulators/${encodeURIComponent(simulator.connector)}/faults`, bodyOf(form, choice)),
    onSuccess: async () => {
      onClose()
      say(isLogins ? 'All logins have ended.' : 'The fault is set.', isLogins ? undefined : faultTitle(form.kind))
      await queries.invalidateQueries()
    },
  })
  const change = (about: About): void =>
    setForm({ ...form, about, of: '', kind: simulator.faultChoices.find((one) => one.about === about)?.kind ?? '' })
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
            {isLogins ? 'End all logins' : 'Set the fault'}
          </Button>
        </>
      }
    >
      <p>This happens only in the simulator. Set it, start a run, and see how Tenon gets along with it.</p>
      <ChoiceField label="What goes wrong?" choices={abouts} value={form.about} onChange={change} />
      {!isLogins && <FaultFields simulator={simulator} choice={choice} form={form} onChange={setForm} />}
      {set.error !== null && <ProblemNotice error={set.error} />}
    </Dialog>
  )
}

interface FaultFieldsProps {
  readonly simulator: SimulatorDetail
  readonly choice: FaultChoice | undefined
  readonly form: FaultForm
  readonly onChange: (form: FaultForm) => void
}

function FaultFields({ simulator, choice, form, onChange }: FaultFieldsProps): ReactNode {
  const isRequest = form.about === 'request'
  const names = isRequest ? simulator.operations : simulator.events
  const kinds = simulator.faultChoices.filter(({ about }) => about === form.about)
  const number = (name: 'next' | 'delayMs' | 'retryAfterS', label: string, least: number): ReactNode => (
    <TextField
      label={label}
      type="number"
      min={least}
      step={1}
      value={form[name]}
      onChange={({ target }) => onChange({ ...form, [name]: target.value })}
    />
  )
  return (
    <>
      <SelectField
        label="How"
        hint={
          choice === undefined ? undefined : `${capital(choice.text.replaceAll('delayMs', 'the time that you say'))}.`
        }
        options={kinds.map(({ kind }) => ({ value: kind, text: faultTitle(kind) }))}
        value={form.kind}
        onChange={({ target }) => onChange({ ...form, kind: target.value })}
      />
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
        {choice?.stays !== true && number('next', 'How many times', 1)}
        {choice?.takes?.includes('delayMs') === true && number('delayMs', 'By how many milliseconds', 0)}
        {choice?.takes?.includes('retryAfterS') === true && number('retryAfterS', 'With a wait of seconds', 0)}
      </div>
    </>
  )
}

function bodyOf({ about, kind, of, next, ...numbers }: FaultForm, choice: FaultChoice | undefined): object {
  if (about === 'tokens') return { kind: 'revoke-tokens' }
  return {
    kind,
    ...(choice?.stays !== true && { next: Number(next) }),
    ...(of !== '' && { of }),
    ...Object.fromEntries((choice?.takes ?? []).map((name) => [name, Number(numbers[name])])),
  }
}
