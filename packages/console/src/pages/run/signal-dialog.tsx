import { useState, type ReactNode } from 'react'
import { SelectField, TextField } from '../../components/field.tsx'
import { JsonField, parseWritten } from '../../components/json-field.tsx'
import type { ActionDialogProps } from './actions.tsx'
import { OrderDialog } from './order-dialog.tsx'

export function SignalDialog(props: ActionDialogProps): ReactNode {
  const { signals } = props.run
  const [name, setName] = useState(signals[0] ?? '')
  const [text, setText] = useState('')
  const { value, error } = parseWritten(text)
  return (
    <OrderDialog
      {...props}
      title="Send it a signal"
      path="/signals"
      body={() => ({ name, data: value ?? null })}
      verb="Send"
      isComplete={name !== '' && error === null}
    >
      <p>
        A signal is a message to this run. It takes it when it asks for it; one that it never asks for changes nothing.
      </p>
      {signals.length > 0 ? (
        <SelectField
          label="Signal"
          options={signals.map((signal) => ({ value: signal, text: signal }))}
          value={name}
          onChange={({ target }) => setName(target.value)}
        />
      ) : (
        <TextField label="Signal" required value={name} onChange={({ target }) => setName(target.value)} />
      )}
      <JsonField label="What it says (JSON, may be empty)" text={text} onChange={setText} />
    </OrderDialog>
  )
}
