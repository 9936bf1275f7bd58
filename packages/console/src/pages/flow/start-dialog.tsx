import { useMutation, useQueryClient } from '@tanstack/react-query'
import { useNavigate } from '@tanstack/react-router'
import { useState, type ReactNode } from 'react'
import { post } from '../../api/client.ts'
import type { FlowDetail } from '../../api/contract.ts'
import { Button } from '../../components/button.tsx'
import { Dialog } from '../../components/dialog.tsx'
import { JsonField, parseWritten, written } from '../../components/json-field.tsx'
import { Notice, ProblemNotice } from '../../components/notice.tsx'
import { say } from '../../components/toasts.tsx'
import { emptyOf, SchemaForm } from './schema-form.tsx'
import styles from './schema-form.module.css'

export function StartDialog({ flow, onClose }: { readonly flow: FlowDetail; readonly onClose: () => void }): ReactNode {
  const { schema, sample } = flow
  const [value, setValue] = useState<unknown>(sample ?? (schema === null ? undefined : emptyOf(schema)))
  const [text, setText] = useState(written(value))
  const [isForm, setForm] = useState(schema !== null)
  const parsed = parseWritten(text)
  const input = isForm ? value : parsed.value
  const { start, isPending, error } = useStart(flow.name, onClose)
  const change = (next: unknown): void => {
    setValue(next)
    setText(written(next))
  }
  return (
    <Dialog
      open
      wide
      onClose={onClose}
      title={`Start ${flow.name} by hand`}
      foot={
        <>
          <Button onClick={onClose}>Leave it</Button>
          <Button
            look="primary"
            busy={isPending}
            disabled={!isForm && parsed.error !== null}
            onClick={() => start(input)}
          >
            Start
          </Button>
        </>
      }
    >
      <p>
        {flow.trigger.kind === 'event'
          ? 'A run begins as if this event had arrived. It calls the same systems and has the same effects.'
          : 'A run begins with this input. It calls the same systems and has the same effects.'}
      </p>
      {flow.paused && <Notice tone="parked" title="The flow is paused: the run will wait until it is resumed." />}
      {schema !== null && (
        <div className={styles.tabs} role="group" aria-label="How to write it">
          <Button
            small
            look={isForm ? 'primary' : 'plain'}
            aria-pressed={isForm}
            disabled={parsed.error !== null}
            onClick={() => setForm(true)}
          >
            Form
          </Button>
          <Button small look={isForm ? 'plain' : 'primary'} aria-pressed={!isForm} onClick={() => setForm(false)}>
            JSON
          </Button>
          {sample !== null && sample !== undefined && (
            <Button small look="quiet" onClick={() => change(sample)}>
              Use the sample
            </Button>
          )}
        </div>
      )}
      {isForm && schema !== null ? (
        <SchemaForm schema={schema} value={value} onChange={change} />
      ) : (
        <JsonField
          label="Input (JSON)"
          text={text}
          onChange={(next) => {
            setText(next)
            const read = parseWritten(next)
            if (read.error === null) setValue(read.value)
          }}
        />
      )}
      {error !== null && <ProblemNotice error={error} />}
    </Dialog>
  )
}

function useStart(flow: string, onClose: () => void) {
  const queries = useQueryClient()
  const navigate = useNavigate()
  // One id for all presses of one opening: a second press starts nothing more.
  const [id] = useState(() => `console-${crypto.randomUUID()}`)
  const { mutate, isPending, error } = useMutation({
    mutationFn: (input: unknown) => post<{ run: string }>('/runs', { flow, input: input ?? null, id }),
    onSuccess: async ({ run }) => {
      onClose()
      say('A run has begun.')
      void queries.invalidateQueries()
      await navigate({ to: '/runs/$run', params: { run } })
    },
  })
  return { start: mutate, isPending, error }
}
