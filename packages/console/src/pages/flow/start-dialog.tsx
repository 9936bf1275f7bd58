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

/** The input as it is being written, as a form or as JSON. */
function useInput({ schema, sample }: FlowDetail) {
  const [value, setValue] = useState<unknown>(sample ?? (schema === null ? undefined : emptyOf(schema)))
  const [text, setText] = useState(written(value))
  const [isForm, setForm] = useState(schema !== null)
  const { error } = parseWritten(text)
  const change = (next: unknown): void => {
    setValue(next)
    setText(written(next))
  }
  const write = (next: string): void => {
    setText(next)
    const read = parseWritten(next)
    if (read.error === null) setValue(read.value)
  }
  return { value, text, isForm, setForm, change, write, isReady: isForm || error === null, isJson: error === null }
}

type Input = ReturnType<typeof useInput>

export function StartDialog({ flow, onClose }: { readonly flow: FlowDetail; readonly onClose: () => void }): ReactNode {
  const input = useInput(flow)
  const { start, isPending, error } = useStart(flow.name, onClose)
  return (
    <Dialog
      open
      wide
      onClose={onClose}
      title={`Start ${flow.name} by hand`}
      foot={
        <>
          <Button onClick={onClose}>Leave it</Button>
          <Button look="primary" busy={isPending} disabled={!input.isReady} onClick={() => start(input.value)}>
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
      {hasSample(flow) && (
        <p className={styles.optional}>It is filled in as the latest run was: change what is different.</p>
      )}
      {flow.paused && <Notice tone="parked" title="The flow is paused: the run will wait until it is resumed." />}
      {flow.schema !== null && <Ways flow={flow} input={input} />}
      {input.isForm && flow.schema !== null ? (
        <SchemaForm schema={flow.schema} value={input.value} onChange={input.change} />
      ) : (
        <JsonField label="Input (JSON)" text={input.text} onChange={input.write} />
      )}
      {error !== null && <ProblemNotice error={error} />}
    </Dialog>
  )
}

const hasSample = ({ sample }: FlowDetail): boolean => sample !== null && sample !== undefined

function Ways({ flow, input }: { readonly flow: FlowDetail; readonly input: Input }): ReactNode {
  const { isForm, setForm, isJson, change } = input
  return (
    <div className={styles.tabs} role="group" aria-label="How to write it">
      <Button
        small
        look={isForm ? 'primary' : 'plain'}
        aria-pressed={isForm}
        disabled={!isJson}
        onClick={() => setForm(true)}
      >
        Form
      </Button>
      <Button small look={isForm ? 'plain' : 'primary'} aria-pressed={!isForm} onClick={() => setForm(false)}>
        JSON
      </Button>
      {hasSample(flow) && (
        <Button small look="quiet" onClick={() => change(flow.sample)}>
          As the latest run
        </Button>
      )}
    </div>
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
