import { expect, test } from 'vitest'
import type { AppendReceipt, LoadedRun, Message } from '../../packages/tenon/src/journal/journal.ts'
import type { Allotter } from '../../packages/tenon/src/outbound/budget/allotment.ts'
import type { MemoryJournal } from '../../packages/tenon/src/journal/memory.ts'
import type { Membership, Ownership, OwnershipListener } from '../../packages/tenon/src/journal/ownership.ts'
import { simulate, type Plants } from './simulate.ts'

// A simulation that finds nothing proves something only if it finds what is there: each test puts a known bug between the engine and its ports.

const limitMs = 120_000
const mostSeeds = 150

/** The first problem that a planted bug leads to; from a later seed on where the first ones do not meet it. */
async function firstProblem(plants: Plants, nodes = 0, from = 1): Promise<string> {
  for (let seed = from; seed <= mostSeeds; seed += 1) {
    const { problems } = await simulate(seed, plants, nodes)
    if (problems[0] !== undefined) return problems[0]
  }
  return `nothing found in ${mostSeeds} seeds`
}

test('DUR-20: found: a journal that answers before it is durable', { timeout: limitMs }, async () => {
  const hasty = (journal: MemoryJournal): MemoryJournal => ({
    ...journal,
    async append(append) {
      const stored = journal.append(append)
      // The answer is right, and only too early: a crash now takes back what it said.
      await Promise.race([stored.catch(() => undefined), Promise.resolve()])
      stored.catch(() => undefined)
      return { outcome: 'written', readied: append.starts ?? [], reached: [] } as unknown as AppendReceipt
    },
  })
  expect(await firstProblem({ journal: hasty })).toMatch(/rule 2|rule 7|I2|I6|I7|I8|effect|undo/)
})

test('DUR-20: found: results that reach the function in another order on replay', { timeout: limitMs }, async () => {
  const swapped = (journal: MemoryJournal): MemoryJournal => ({
    ...journal,
    async load(runs) {
      return (await journal.load(runs)).map((loaded) => (loaded === null ? null : swapLast(loaded)))
    },
  })
  expect(await firstProblem({ journal: swapped })).toMatch(/rule 2|DIVERGED|I5/)
})

function swapLast(loaded: LoadedRun): LoadedRun {
  const entries = [...loaded.entries]
  const index = entries.findLastIndex(({ kind }, at) => kind === 'step' && entries[at - 1]?.kind === 'step')
  const [first, second] = [entries[index - 1], entries[index]]
  if (first === undefined || second === undefined) return loaded
  entries[index - 1] = { ...second, seq: first.seq }
  entries[index] = { ...first, seq: second.seq }
  return { ...loaded, entries }
}

test('DUR-20: found: a request that is sent again under another key', { timeout: limitMs }, async () => {
  let sent = 0
  const problem = await firstProblem({
    client: (client) => ({
      call: (request) =>
        client.call(
          request.idempotencyKey === null
            ? request
            : { ...request, idempotencyKey: `${request.idempotencyKey}${(sent += 1)}` },
        ),
    }),
  })
  expect(problem).toMatch(/sent under \d keys|took effect 2 times, under 2 keys/)
})

test('DUR-20: found: an event that is not recognised when it comes again', { timeout: limitMs }, async () => {
  let delivered = 0
  const forgetful = (journal: MemoryJournal): MemoryJournal => ({
    ...journal,
    deliver: (message: Message) =>
      journal.deliver(message.kind === 'event' ? { ...message, key: `${message.key}.${(delivered += 1)}` } : message),
  })
  expect(await firstProblem({ journal: forgetful })).toMatch(/^I1/)
})

test('DUR-20, DUR-08: found: a step in flight that is sent a second time', { timeout: limitMs }, async () => {
  const problem = await firstProblem({
    client: (client) => ({
      call(request) {
        void client.call(request)
        return client.call(request)
      },
    }),
  })
  expect(problem).toMatch(/took effect 2 times|I7/)
})

test('DUR-20, DUR-11: found: a message that nobody is told of', { timeout: limitMs }, async () => {
  const silent = (journal: MemoryJournal): MemoryJournal => ({
    ...journal,
    async deliver(message) {
      const receipt = await journal.deliver(message)
      return receipt.outcome === 'written' ? { ...receipt, reached: [] } : receipt
    },
  })
  expect(await firstProblem({ journal: silent })).toMatch(/I8|I6/)
})

test(
  'DUR-20, DUR-06: found: a request that leaves before it is durable that it is about to',
  { timeout: limitMs },
  async () => {
    const problem = await firstProblem({
      client: (client) => ({
        call(request) {
          const beforeLeaving = (): void => void request.beforeLeaving?.()
          return client.call({ ...request, beforeLeaving })
        },
      }),
    })
    expect(problem).toMatch(/^rule 8/)
  },
)

test('CLU-01: found: writes whose fence is not checked', { timeout: limitMs }, async () => {
  const unfenced = (journal: MemoryJournal): MemoryJournal => ({
    ...journal,
    async append(append) {
      const receipt = await journal.append(append)
      return receipt.outcome === 'fenced' ? journal.append({ ...append, epoch: receipt.epoch }) : receipt
    },
  })
  expect(await firstProblem({ journal: unfenced }, 3)).toMatch(/^I10|^I2/)
})

test('CLU-02: found: a node that does not let go of what it has lost', { timeout: limitMs }, async () => {
  const clinging = (journal: MemoryJournal): MemoryJournal => ({
    ...journal,
    ownership: {
      ...withListener(journal, (listener) => ({ ...listener, lost: () => undefined })),
      ...timeless(journal),
    },
  })
  expect(await firstProblem({ journal: clinging }, 3, 40)).toMatch(/^I[237]|^key|rule 2|effect/)
})

test('CLU-03: found: a lost word that nobody makes up for', { timeout: limitMs }, async () => {
  const deaf = (journal: MemoryJournal): MemoryJournal => ({
    ...journal,
    ownership: withListener(journal, (listener) => ({ ...listener, reached: () => undefined })),
  })
  expect(await firstProblem({ journal: deaf, lookEveryMs: 2 ** 40 }, 3)).toMatch(/^I8|^I6/)
})

/** It does not look at the time of its lease, either. */
function timeless({ ownership: { membership } }: MemoryJournal): Pick<Ownership, 'membership'> {
  if (membership === null) return { membership }
  const get = (target: Membership, name: keyof Membership): unknown => {
    const value: unknown = target[name]
    if (name === 'heldUntil') return () => Number.POSITIVE_INFINITY
    return typeof value === 'function' ? (value.bind(target) as unknown) : value
  }
  return { membership: new Proxy(membership, { get: get as never }) }
}

function withListener(
  { ownership }: MemoryJournal,
  change: (listener: OwnershipListener) => OwnershipListener,
): Ownership {
  return {
    epochOf: (run) => ownership.epochOf(run),
    orphanedBefore: (run) => ownership.orphanedBefore(run),
    membership: ownership.membership,
    listen: (listener) => ownership.listen(change(listener)),
  }
}

test('DUR-20: found: a share of a limit that is lent to each node', { timeout: limitMs }, async () => {
  const generous = (): Allotter => ({
    ask: async (asks) =>
      asks.map(({ requests, forMs }) => ({ share: requests, target: requests, forMs, isAwaited: false })),
  })
  expect(await firstProblem({ allotter: generous }, 3)).toMatch(/^limit: more than/)
})
