import { useState, type ReactNode } from 'react'
import { ApiError } from '../../api/client.ts'
import { ChoiceField, SelectField } from '../../components/field.tsx'
import { JsonField, parseWritten } from '../../components/json-field.tsx'
import { JsonView } from '../../components/json-view.tsx'
import { Notice } from '../../components/notice.tsx'
import { stepLabel } from '../../words/words.ts'
import { clockTime } from '../../words/time.ts'
import type { ActionDialogProps } from './actions.tsx'
import { OrderDialog } from './order-dialog.tsx'
import { decisionWords } from './story.ts'

type Decision = 'happened' | 'did-not-happen' | 'retry'

const choices = [
  { value: 'happened', title: 'It took effect', text: 'The run goes on, with the answer that you give below.' },
  {
    value: 'did-not-happen',
    title: 'It did not',
    text: 'The step fails. What the flow then does stands in its code: often it takes back the rest.',
  },
  {
    value: 'retry',
    title: 'Send it again, come what may',
    text: 'If it did take effect after all, it takes effect a second time.',
  },
] as const

/** Somebody else was faster: who, when, and what they said. */
function tellDecided(error: Error): ReactNode {
  const decision = error instanceof ApiError ? error.problem.decision : undefined
  if (decision === undefined) return null
  return (
    <Notice tone="parked" title={`${decision.by} has decided already.`}>
      <p>
        At {clockTime(decision.at, Date.now())}: {decisionWords(decision)}. The run goes on by that, and what you chose
        here was not taken.
      </p>
    </Notice>
  )
}

export function DecideDialog(props: ActionDialogProps): ReactNode {
  const { steps, unknownSteps } = props.run
  const [name, setName] = useState(unknownSteps[0] ?? '')
  const [decision, setDecision] = useState<Decision | null>(null)
  const [text, setText] = useState('')
  const { value, error } = parseWritten(text)
  const step = steps.find((one) => one.name === name)
  const label = stepLabel(name, step?.kind ?? 'call')
  const isComplete = decision !== null && (decision !== 'happened' || error === null)
  return (
    <OrderDialog
      {...props}
      title={`Did “${label.text}” take effect?`}
      path="/decisions"
      body={() => ({ step: name, decision, ...(decision === 'happened' && { result: value ?? null }) })}
      verb="Decide"
      isDangerous={decision === 'retry'}
      isComplete={isComplete}
      explain={tellDecided}
    >
      <p>
        The call left{label.system === null ? '' : ` for ${label.system}`}, and no answer came back. Look there first:
        your decision is final and is kept with your name.
      </p>
      {unknownSteps.length > 1 && (
        <SelectField
          label="Step"
          options={unknownSteps.map((one) => ({ value: one, text: stepLabel(one, 'call').text }))}
          value={name}
          onChange={({ target }) => setName(target.value)}
        />
      )}
      {step?.input !== undefined && step.input !== null && (
        <div style={{ display: 'grid', gap: '0.35rem' }}>
          <h3>What was asked</h3>
          <JsonView value={step.input} label="what was asked" />
        </div>
      )}
      <ChoiceField label="What is true?" choices={choices} value={decision} onChange={setDecision} />
      {decision === 'happened' && (
        <JsonField
          label="Its answer (JSON)"
          text={text}
          onChange={setText}
          hint="What the flow reads of the answer has to be in it, such as an id. Copy it from the other system. Empty counts as nothing."
        />
      )}
    </OrderDialog>
  )
}
