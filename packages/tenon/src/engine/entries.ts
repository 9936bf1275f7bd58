import { contentHash } from '../base/ids.ts'
import { decode, encode } from '../base/json.ts'
import type { EntryRow, InboxMessage, NewEntry, RunStatus, StoredValue } from '../journal/journal.ts'
import type { Fate } from '../outbound/retry.ts'
import type { StoredExchange } from './excerpt.ts'
import type { StoredError } from './outcome.ts'
import type { StepView } from './view.ts'

/** Form of the bodies below. A body of an older form must stay readable for ever. */
const entryFormat = 1

export type StepKind = StepView['kind']

/** What an entry says. Names are short because every step of every run stores them. */
export interface EntryBodies {
  /** A step is over. `h` hash of its input, `t` kind, `a` tries, `s` when it began, `c` the connection of a call; `v` value or `e` error with `f` fate; `sig` the signal taken; `x` what was sent and answered, where it went wrong. */
  step: {
    h: string
    c?: string | undefined
    t: StepKind
    a: number
    s: number
    v?: unknown
    e?: StoredError
    f?: Fate
    sig?: number | undefined
    x?: StoredExchange
  }
  /** A try failed and another follows at `at`, `d` after. `p`: it was none, for its turn had not come; `a` and `d` are those of the try before. */
  attempt: {
    h: string
    c?: string
    t: StepKind
    a: number
    s: number
    e: StoredError
    f: Fate
    at: number
    d: number
    p?: true
    x?: StoredExchange
  }
  /** A request that cannot be repeated safely is about to leave. */
  sending: { h: string; t: StepKind; a: number }
  /** It is not known whether that request took effect. */
  unknown: { h: string; t: StepKind; a: number; s: number; e: StoredError; x?: StoredExchange }
  /** A person said what became of it. */
  decision: { kind: 'happened' | 'did-not-happen' | 'retry'; by: string }
  /** A timer or wait began; it ends at `until`. `w` names the wait, `m` what it matches. */
  begun: { h: string; t: StepKind; s: number; until: number | null; w?: string; m?: Record<string, string> }
  /** A signal that no wait has taken yet. */
  signal: { name: string; v: unknown }
  /** A child run ended before its parent asked. */
  child: { v?: unknown; e?: StoredError; status: RunStatus }
  cancel: { reason: string; timeout: boolean }
  undo: { n: number }
  /** `failing`: entries that a retry would make void. */
  end: {
    status: 'completed' | 'failed' | 'cancelled'
    v?: unknown
    e?: StoredError
    failing?: number[]
    undone?: boolean
  }
  /** A person retried the failed run: these entries no longer count. */
  retried: { void: number[]; generations: Record<string, number>; maybe: string[] }
  changed: { id: string }
  /** Resumed after crashes that it may have caused, it has stood its trial. */
  resumed: Record<string, never>
  parked: { code: string; message: string; expected?: string; found?: string }
}

export type EntryKind = keyof EntryBodies

export type HistoryEntry = {
  [Kind in EntryKind]: {
    readonly seq: number
    readonly at: number
    readonly kind: Kind
    readonly step: string
    readonly body: EntryBodies[Kind]
  }
}[EntryKind]

/** Values longer than this are stored once, by content, beside the journal. */
const inlineLimit = 65_536

/** A new entry, and the value that it refers to when that is large. */
export interface Written {
  readonly entry: NewEntry
  readonly value: StoredValue | null
}

export function write<Kind extends EntryKind>(
  kind: Kind,
  step: string | null,
  at: number,
  body: Omit<EntryBodies[Kind], 'v'>,
): Written {
  // Only what came from outside can hold more than plain JSON.
  const text = 'e' in body || 'v' in body ? encode(body) : JSON.stringify(body)
  return { entry: { at, kind, step, body: text, format: entryFormat }, value: null }
}

/** The entry with a value, encoded already. */
export function withValue({ entry }: Written, encoded: string): Written {
  const { at, kind, step, body } = entry
  return valued(kind, step, { at, open: body.length === 2 ? '{' : `${body.slice(0, -1)},`, encoded })
}

/** That a step has succeeded: the commonest entry by far, so that its few plain fields are put together by hand. */
export function writeSuccess(
  { name, hash, kind, attempt, startedAt, connection }: Succeeded,
  encoded: string,
  { at, signal }: { readonly at: number; readonly signal: number | undefined },
): Written {
  const made = connection === null ? '' : `,"c":${JSON.stringify(connection)}`
  const took = signal === undefined ? '' : `,"sig":${signal}`
  const open = `{"h":"${hash}","t":"${kind}","a":${attempt},"s":${startedAt || at}${made}${took},`
  return valued('step', name, { at, open, encoded })
}

interface Succeeded {
  readonly name: string
  /** Letters, digits, - and _ only. */
  readonly hash: string
  readonly kind: StepKind
  readonly attempt: number
  readonly startedAt: number
  readonly connection: string | null
}

function valued(
  kind: string,
  step: string | null,
  { at, open, encoded }: { readonly at: number; readonly open: string; readonly encoded: string },
): Written {
  const isInline = encoded.length <= inlineLimit
  const hash = isInline ? '' : contentHash(encoded)
  const body = isInline ? `${open}"v":${encoded}}` : `${open}"r":"${hash}"}`
  const entry = { at, kind, step, body, format: entryFormat }
  return { entry, value: isInline ? null : { hash, body: encoded } }
}

/** Reads entries, fetching large values by hash. */
export async function read(
  rows: readonly EntryRow[],
  values: (hashes: readonly string[]) => Promise<readonly (string | null)[]>,
): Promise<HistoryEntry[]> {
  const entries = rows.map((row) => ({
    seq: row.seq,
    at: row.at,
    kind: row.kind,
    step: row.step ?? '',
    body: decode(row.body) as Record<string, unknown>,
  }))
  const outOfLine = entries.filter((entry) => typeof entry.body['r'] === 'string')
  if (outOfLine.length > 0) {
    const texts = await values(outOfLine.map((entry) => entry.body['r'] as string))
    for (const [index, entry] of outOfLine.entries())
      entry.body['v'] = decode(requireText(texts[index], entry.body['r'] as string))
  }
  return entries as unknown as HistoryEntry[]
}

function requireText(text: string | null | undefined, hash: string): string {
  if (text === null || text === undefined) throw new Error(`the journal misses the value ${hash}`)
  return text
}

/** A body that is stored whole: inputs, events and messages. Large ones become a reference. */
export function outOfLine(body: string): { readonly body: string; readonly values: readonly StoredValue[] } {
  if (body.length <= inlineLimit) return { body, values: [] }
  const hash = contentHash(body)
  return { body: `"@${hash}"`, values: [{ hash, body }] }
}

export function isReference(body: string): boolean {
  return body.startsWith('"@')
}

/** A message with its body, wherever that is kept. */
export async function wholeMessage(
  message: InboxMessage,
  values: (hashes: readonly string[]) => Promise<readonly (string | null)[]>,
): Promise<InboxMessage> {
  const body = await wholeBody(message.body, values)
  return body === message.body ? message : { ...message, body }
}

export async function wholeBody(
  body: string,
  values: (hashes: readonly string[]) => Promise<readonly (string | null)[]>,
): Promise<string> {
  if (!isReference(body)) return body
  const hash = body.slice(2, -1)
  return requireText((await values([hash]))[0], hash)
}
