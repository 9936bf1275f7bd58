import type { Clock } from '../../base/clock.ts'
import { parseJson } from '../../base/json.ts'
import type { Words } from '../others.ts'
import type { Budgets, BudgetView } from './budgets.ts'

/** How budgets stand over all nodes. */
export interface RoundView {
  readonly budgets: readonly BudgetView[]
  /** How many nodes there are, and how many of them it tells of; `null` for a process that works alone. */
  readonly nodes: { readonly there: number; readonly told: number } | null
}

/** Tells of the budgets of one process, or of all nodes. */
export interface BudgetRound {
  /** Of a tenant, and the app; of all where it is `null`. */
  view(tenant: string | null): Promise<RoundView>
  close(): void
}

/** Of a process that works alone. */
export function aloneRound(budgets: Pick<Budgets, 'view'>): BudgetRound {
  return { view: async (tenant) => ({ budgets: budgets.view(tenant), nodes: null }), close: () => undefined }
}

interface RoundOptions {
  readonly clock: Clock
  readonly words: Words
  /** This one among them. */
  readonly nodes: () => Promise<number>
  readonly budgets: Pick<Budgets, 'view'>
}

/** Who has not answered by then is left out. */
const patienceMs = 500
const longestWord = 7000
const mostFlows = 20
const [question, reply] = ['budgets? ', 'budgets! ']

interface Reply {
  readonly round: number
  readonly parts: number
  readonly budgets: readonly BudgetView[]
}

interface Asked {
  readonly heard: Map<string, { parts: number; readonly views: (readonly BudgetView[])[] }>
  readonly onMore: () => void
}

/** Asks all nodes how their budgets stand, whenever somebody wants to know: nothing is told meanwhile. */
export class Round implements BudgetRound {
  readonly close: () => void
  readonly #options: RoundOptions
  readonly #asked = new Map<number, Asked>()
  #rounds = 0

  constructor(options: RoundOptions) {
    this.#options = options
    this.close = options.words.hear((word, from) => {
      if (word.startsWith(question)) this.#answer(word.slice(question.length), from)
      else if (word.startsWith(reply)) this.#heard(parseJson(word.slice(reply.length)) as Reply, from)
    })
  }

  async view(tenant: string | null): Promise<RoundView> {
    const { clock, words, nodes, budgets } = this.#options
    const there = await nodes().catch(() => 1)
    const round = (this.#rounds += 1)
    const { promise, resolve } = Promise.withResolvers<void>()
    const heard: Asked['heard'] = new Map()
    const isWhole = (): boolean => [...heard.values()].filter(({ parts }) => parts === 0).length >= there - 1
    this.#asked.set(round, { heard, onMore: () => (isWhole() ? resolve() : undefined) })
    const cancel = clock.after(patienceMs, resolve)
    if (there > 1)
      await words.say([question + JSON.stringify({ round, tenant })]).then(
        () => promise,
        () => undefined,
      )
    cancel()
    this.#asked.delete(round)
    const told = [...heard.values()].filter(({ parts }) => parts === 0).map(({ views }) => views.flat())
    return {
      budgets: together([budgets.view(tenant), ...told]),
      nodes: { there: Math.max(there, told.length + 1), told: told.length + 1 },
    }
  }

  #answer(asked: string, to: string): void {
    const { words, budgets } = this.#options
    const { round, tenant } = parseJson(asked) as { round: number; tenant: string | null }
    const parts = inParts(budgets.view(tenant).map(shortened))
    const said = parts.map((part) => `${reply}{"round":${round},"parts":${parts.length},"budgets":[${part}]}`)
    // Who asked does not wait for long.
    void words.say(said, to).catch(() => undefined)
  }

  #heard({ round, parts, budgets }: Reply, from: string): void {
    const asked = this.#asked.get(round)
    if (asked === undefined) return
    const known = asked.heard.get(from) ?? { parts, views: [] }
    asked.heard.set(from, known)
    known.views.push(budgets)
    known.parts -= 1
    asked.onMore()
  }
}

/** As many as there is room for in a word; at least one part. */
function inParts(budgets: readonly BudgetView[]): readonly string[] {
  const parts: string[] = ['']
  for (const budget of budgets) {
    const text = JSON.stringify(budget)
    const last = parts.at(-1) ?? ''
    if (last === '') parts[parts.length - 1] = text
    else if (Buffer.byteLength(last) + Buffer.byteLength(text) > longestWord) parts.push(text)
    else parts[parts.length - 1] = `${last},${text}`
  }
  return parts
}

function shortened({ flows, ...budget }: BudgetView): BudgetView {
  const rest = flows.slice(mostFlows).reduce((sum, { used }) => sum + used, 0)
  return { ...budget, flows: [...flows.slice(0, mostFlows), ...(rest > 0 ? [{ flow: '…', used: rest }] : [])] }
}

/** What several nodes say of the same limits, added up. */
function together(nodes: readonly (readonly BudgetView[])[]): readonly BudgetView[] {
  const byLimit = new Map<string, BudgetView>()
  for (const view of nodes.flat()) {
    const key = JSON.stringify([view.connector, view.connection, view.limit, view.learnt.map(({ name }) => name)])
    const known = byLimit.get(key)
    byLimit.set(key, known === undefined ? view : sumOf(known, view))
  }
  const key = ({ connector, connection, limit }: BudgetView): string =>
    `${connector}\n${connection ?? ''}\n${limit ?? '\uffff'}`
  return [...byLimit.values()].toSorted((one, other) => (key(one) < key(other) ? -1 : 1))
}

function sumOf(one: BudgetView, other: BudgetView): BudgetView {
  const flows = new Map(one.flows.map(({ flow, used }) => [flow, used]))
  for (const { flow, used } of other.flows) flows.set(flow, (flows.get(flow) ?? 0) + used)
  return {
    ...one,
    used: one.used === null ? null : one.used + (other.used ?? 0),
    flows: [...flows].map(([flow, used]) => ({ flow, used })).toSorted((a, b) => b.used - a.used),
    learnt: one.learnt.map((window, index) => ({
      ...window,
      remaining: Math.min(window.remaining, other.learnt[index]?.remaining ?? Infinity),
    })),
    pausedUntil: latest(one.pausedUntil, other.pausedUntil),
    waiting: one.waiting + other.waiting,
    postponed: one.postponed + other.postponed,
    doneAt: latest(one.doneAt, other.doneAt),
  }
}

const latest = (one: number | null, other: number | null): number | null =>
  one === null || other === null ? (one ?? other) : Math.max(one, other)
