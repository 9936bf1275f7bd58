import type { Append, Message } from './journal.ts'

/** About how much a write brings. */
export function bytesOf(write: { readonly message: Message } | { readonly append: Append }): number {
  if ('message' in write)
    return messageBytes(write.message) + valueBytes('values' in write.message ? write.message.values : undefined)
  const { entries, values, starts, state } = write.append
  let bytes = valueBytes(values) + (state?.toParent?.length ?? 0)
  for (const entry of entries) bytes += entry.body.length
  if (starts !== undefined) for (const start of starts) bytes += start.input.length
  return bytes
}

function messageBytes(message: Message): number {
  if (message.kind === 'start') return message.start.input.length
  if (message.kind === 'cursor') return message.value.length
  return (
    message.body.length +
    (message.kind === 'event' ? message.starts.reduce((bytes, start) => bytes + (start.input?.length ?? 0), 0) : 0)
  )
}

function valueBytes(values: readonly { readonly body: string }[] | undefined): number {
  return values === undefined ? 0 : values.reduce((bytes, value) => bytes + value.body.length, 0)
}
