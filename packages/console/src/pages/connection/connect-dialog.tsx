import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query'
import { useNavigate } from '@tanstack/react-router'
import { useState, type ReactNode } from 'react'
import { ApiError, post, put } from '../../api/client.ts'
import type { BegunConsent, Connection, ConnectForm } from '../../api/connections.ts'
import { connectionPath, connectorsQuery } from '../../api/connections.ts'
import { Button } from '../../components/button.tsx'
import { Dialog } from '../../components/dialog.tsx'
import { CheckField, CodeField, SelectField, TextField } from '../../components/field.tsx'
import { ProblemNotice, Skeleton } from '../../components/notice.tsx'
import { say } from '../../components/toasts.tsx'
import { DeviceWait } from './device-wait.tsx'

export interface ConnectDialogProps {
  /** Connects this one again. */
  readonly connection?: Connection
  /** Connects one of this name, which there is not yet. */
  readonly wanted?: { readonly connector: string; readonly name: string }
  readonly onClose: () => void
}

/** Connects an account: by what its connector asks for, or by a consent at the provider. */
export function ConnectDialog({ connection, wanted, onClose }: ConnectDialogProps): ReactNode {
  const { data, error } = useQuery(connectorsQuery)
  const [chosen, setChosen] = useState((connection ?? wanted)?.connector)
  const form = data?.find(({ connector }) => connector === chosen) ?? data?.[0]
  const title = connection === undefined ? 'Connect an account' : `Connect ${connection.connector} again`
  if (form === undefined)
    return (
      <Dialog open onClose={onClose} title={title}>
        {error !== null && <ProblemNotice error={error} />}
        {error === null && (data === undefined ? <Skeleton /> : <p>The app has no connectors.</p>)}
      </Dialog>
    )
  return (
    <ConnectForms
      key={form.connector}
      form={form}
      title={title}
      connection={connection}
      name={wanted?.name}
      onClose={onClose}
    >
      {connection === undefined && (
        <SelectField
          label="Of what"
          options={data?.map(({ connector }) => ({ value: connector, text: connector })) ?? []}
          value={form.connector}
          onChange={({ target }) => setChosen(target.value)}
        />
      )}
    </ConnectForms>
  )
}

interface FormsProps {
  readonly form: ConnectForm
  readonly title: string
  readonly connection: Connection | undefined
  /** Of a new one; default `main`. */
  readonly name: string | undefined
  readonly onClose: () => void
  readonly children: ReactNode
}

function ConnectForms({ form, title, connection, name: proposed = 'main', onClose, children }: FormsProps): ReactNode {
  const { isAgain, ...known } = knownOf(connection, proposed)
  const [name, setName] = useState(known.name)
  const [fields, setFields] = useState(known.fields)
  const [isConfirmed, setConfirmed] = useState(false)
  const order = useConnect(form, onClose)
  const given = givenOf(form, fields)
  const isComplete = isAgain || hasAll(form, given)
  const isChanged = isAccountChange(order.error)
  if (order.data?.kind === 'device') return <DeviceWait begun={order.data.begun} onClose={onClose} />
  return (
    <Dialog
      open
      onClose={onClose}
      title={title}
      foot={
        <Foot
          verb={verbOf(form)}
          isBusy={order.isPending || order.data?.kind === 'leaving'}
          isReady={isComplete && (!isChanged || isConfirmed)}
          onClose={onClose}
          onGo={() => order.mutate({ name, fields: given, confirmAccountChange: isConfirmed })}
        />
      }
    >
      <Explained form={form} />
      {children}
      <TextField
        label="Name"
        hint="By it flows tell several accounts apart."
        value={name}
        readOnly={connection !== undefined}
        autoComplete="off"
        onChange={({ target }) => setName(target.value)}
      />
      <AskedFields
        form={form}
        isAgain={isAgain}
        values={fields}
        onChange={(field, value) => setFields({ ...fields, [field]: value })}
      />
      {order.error !== null && <ProblemNotice error={order.error} />}
      {isChanged && <OtherAccount isConfirmed={isConfirmed} onChange={setConfirmed} />}
    </Dialog>
  )
}

interface FootProps {
  readonly verb: string
  readonly isBusy: boolean
  readonly isReady: boolean
  readonly onClose: () => void
  readonly onGo: () => void
}

function Foot({ verb, isBusy, isReady, onClose, onGo }: FootProps): ReactNode {
  return (
    <>
      <Button onClick={onClose}>Leave it</Button>
      <Button look="primary" busy={isBusy} disabled={!isReady} onClick={onGo}>
        {verb}
      </Button>
    </>
  )
}

function Explained({ form }: { readonly form: ConnectForm }): ReactNode {
  return (
    <>
      {form.simulated && <p>A stand-in answers for {form.connector} on this machine: nothing leaves it.</p>}
      {form.ways[0] === 'browser' && <p>You are sent to {form.connector}, to allow it there, and come back here.</p>}
      {form.ways[0] === 'device' && <p>You get a code, and type it at {form.connector} on any device.</p>}
      {form.ways[0] === 'fields' && form.fields.length === 0 && <p>Nothing is asked for: it is tried, and kept.</p>}
    </>
  )
}

function verbOf({ ways, connector }: ConnectForm): string {
  if (ways[0] === 'device') return 'Get a code'
  return ways[0] === 'browser' ? `Go on to ${connector}` : 'Connect'
}

function isAccountChange(error: Error | null): boolean {
  return error instanceof ApiError && error.code === 'ACCOUNT_CHANGED'
}

type Values = Readonly<Record<string, string>>

function knownOf(
  connection: Connection | undefined,
  proposed: string,
): { isAgain: boolean; name: string; fields: Values } {
  if (connection === undefined) return { isAgain: false, name: proposed, fields: {} }
  return { isAgain: connection.origin === 'stored', name: connection.name, fields: connection.fields }
}

function givenOf(form: ConnectForm, values: Values): Values {
  return Object.fromEntries(
    form.fields.flatMap(({ name }) => {
      const value = values[name] ?? ''
      return value === '' ? [] : [[name, value]]
    }),
  )
}

function hasAll(form: ConnectForm, given: Values): boolean {
  return form.fields.every(({ name, required }) => !required || Object.hasOwn(given, name))
}

interface OtherAccountProps {
  readonly isConfirmed: boolean
  readonly onChange: (isConfirmed: boolean) => void
}

function OtherAccount({ isConfirmed, onChange }: OtherAccountProps): ReactNode {
  return (
    <CheckField
      label="Take the other account"
      hint="From now on flows read and change that one."
      checked={isConfirmed}
      onChange={onChange}
    />
  )
}

interface AskedFieldsProps {
  readonly form: ConnectForm
  readonly isAgain: boolean
  readonly values: Readonly<Record<string, string>>
  readonly onChange: (field: string, value: string) => void
}

function AskedFields({ form, isAgain, values, onChange }: AskedFieldsProps): ReactNode {
  return form.fields.map(({ name, label, secret, required, pem }) => {
    const asked = {
      label: required ? label : `${label}, optional`,
      value: values[name] ?? '',
      ...(isAgain && secret && { hint: 'Left empty, it stays as it is.' }),
      onChange: ({ target }: { readonly target: { readonly value: string } }) => onChange(name, target.value),
    }
    // An input of one line would take the line breaks out.
    if (pem) return <CodeField key={name} {...asked} secret={secret} placeholder="-----BEGIN …" />
    return <TextField key={name} {...asked} type={secret ? 'password' : 'text'} autoComplete="off" spellCheck={false} />
  })
}

interface Given {
  readonly name: string
  readonly fields: Readonly<Record<string, string>>
  readonly confirmAccountChange: boolean
}

type Connected = { readonly kind: 'leaving' | 'done' } | { readonly kind: 'device'; readonly begun: BegunConsent }

function useConnect({ connector, ways }: ConnectForm, onClose: () => void) {
  const queries = useQueryClient()
  const navigate = useNavigate()
  return useMutation({
    mutationFn: async ({ name, fields, confirmAccountChange }: Given): Promise<Connected> => {
      const path = connectionPath(connector, name)
      if (ways.includes('fields')) {
        const { untried } = await put<Connection>(path, { fields, confirmAccountChange })
        onClose()
        say(untried === null ? `${connector} is connected.` : `${connector} is kept, but could not be tried.`)
        await queries.invalidateQueries()
        await navigate({ to: '/connections/$connector/$name', params: { connector, name } })
        return { kind: 'done' }
      }
      const begun = await post<BegunConsent>(`${path}/consents`, { fields, way: ways[0] })
      if (ways[0] === 'device') return { kind: 'device', begun }
      // The server let through what is https, or a simulator's own; a script is never one of them.
      window.location.assign(begun.url)
      return { kind: 'leaving' }
    },
  })
}
