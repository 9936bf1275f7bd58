import { useMutation, useQueryClient } from '@tanstack/react-query'
import { Link } from '@tanstack/react-router'
import { useState, type ReactNode } from 'react'
import { post } from '../../api/client.ts'
import type { SimulatorDetail } from '../../api/contract.ts'
import { Button } from '../../components/button.tsx'
import { Dialog } from '../../components/dialog.tsx'
import { SelectField } from '../../components/field.tsx'
import { JsonField, parseWritten, written } from '../../components/json-field.tsx'
import { ProblemNotice } from '../../components/notice.tsx'
import { say } from '../../components/toasts.tsx'

const seeRuns = <Link to="/runs">See the runs</Link>

export function EventDialog({
  simulator,
  onClose,
}: {
  readonly simulator: SimulatorDetail
  readonly onClose: () => void
}): ReactNode {
  const { connector, samples, events } = simulator
  const choices = choicesOf(simulator)
  const [chosen, setChosen] = useState('0')
  const [text, setText] = useState(written(samples[0]?.input))
  const queries = useQueryClient()
  const parsed = parseWritten(text)
  const event = choices[Number(chosen)]?.event ?? events[0] ?? ''
  const send = useMutation({
    mutationFn: () => post(`/simulators/${encodeURIComponent(connector)}/events`, { event, data: parsed.value ?? {} }),
    onSuccess: async () => {
      onClose()
      say(`${event} is on its way.`, seeRuns)
      await queries.invalidateQueries()
    },
  })
  return (
    <Dialog
      open
      wide
      onClose={onClose}
      title={`Send an event from ${connector}`}
      foot={
        <>
          <Button onClick={onClose}>Leave it</Button>
          <Button look="primary" busy={send.isPending} disabled={parsed.error !== null} onClick={() => send.mutate()}>
            Send
          </Button>
        </>
      }
    >
      <p>It happens in the simulator, which then sends it, signed, as the real system would.</p>
      <SelectField
        label="Event"
        options={choices.map(({ text: name }, index) => ({ value: String(index), text: name }))}
        value={chosen}
        onChange={({ target }) => {
          setChosen(target.value)
          setText(written(choices[Number(target.value)]?.input))
        }}
      />
      <JsonField
        label="What happens (JSON)"
        text={text}
        onChange={setText}
        hint="A sample is filled in. What you leave out, the simulator makes up."
      />
      {send.error !== null && <ProblemNotice error={send.error} />}
    </Dialog>
  )
}

interface EventChoice {
  readonly event: string
  readonly text: string
  readonly input: unknown
}

/** Every sample, then every event that has none. */
function choicesOf({ samples, events }: SimulatorDetail): EventChoice[] {
  const named = samples.map(({ event, input }, index) => {
    const same = samples.filter((sample) => sample.event === event)
    const place = samples.slice(0, index + 1).filter((sample) => sample.event === event).length
    return { event, input, text: same.length > 1 ? `${event}, sample ${place}` : event }
  })
  const others = events.filter((event) => !samples.some((sample) => sample.event === event))
  return [...named, ...others.map((event) => ({ event, text: event, input: {} }))]
}
