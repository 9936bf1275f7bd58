import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { longestWord } from '../cluster.ts'
import type { Journal, RunKey } from '../journal.ts'
import type { OwnershipListener, Placed } from '../ownership.ts'
import { append, epochOf, event, message, runsOf, start, started, startMessage, state, tenant } from './make.ts'

/** Several handles on one store. */
export interface ClusterHarness {
  /** Joins as another node would. */
  open(): Promise<Journal>
  /** Ends that node as `kill -9` would. */
  kill(journal: Journal): Promise<void>
  /** It neither renews its lease nor hears anything, and does not know: what it asks of the store is still answered. Until `goOn`. */
  stop(journal: Journal): void
  goOn(journal: Journal): void
  /** The store cannot be reached from that node, until `heal`. */
  cut(journal: Journal): void
  heal(journal: Journal): void
  /** Lets time pass until that is so; rejects when it does not come about within several leases. */
  until(isSo: () => boolean | Promise<boolean>): Promise<void>
  end(): Promise<void>
}

const names = Array.from({ length: 40 }, (_, index) => `r${index}`)

function placed(run: string, key: string | null = null): Placed {
  return { tenant, run, flow: 'order-paid', key }
}

function ownedBy({ ownership }: Journal): string[] {
  return names.filter((run) => ownership.epochOf(placed(run)) !== null)
}

function heard(journal: Journal, parts: Partial<OwnershipListener> = {}): { words: string[]; runs: RunKey[] } {
  const words: string[] = []
  const runs: RunKey[] = []
  journal.ownership.listen({
    reached: (reached) => void runs.push(...reached),
    gained: () => void words.push('gained'),
    lost: () => void words.push('lost'),
    async leaving() {
      words.push('leaving')
    },
    ...parts,
  })
  return { words, runs }
}

/** What several nodes on one store must keep to. A shared journal's test is one call of it, beside `journalSuite` on a single handle. */
export function ownershipSuite(name: string, open: () => Promise<ClusterHarness>): void {
  describe(`ownership: ${name}`, () => {
    let harness: ClusterHarness
    let one: Journal
    beforeEach(async () => {
      harness = await open()
      one = await harness.open()
      await harness.until(() => ownedBy(one).length === names.length)
    })
    afterEach(() => harness.end())

    /** A second node, once each has its share. */
    async function second(): Promise<Journal> {
      const two = await harness.open()
      await harness.until(() => isShared(one, two))
      return two
    }

    function isShared(...nodes: readonly Journal[]): boolean {
      const owned = nodes.map(ownedBy)
      return owned.every(({ length }) => length > 0) && new Set(owned.flat()).size === names.length
    }

    test('a node that is alone owns everything, under one epoch', async () => {
      expect(new Set(names.map((run) => one.ownership.epochOf(placed(run)))).size).toBe(1)
      expect(one.ownership.orphanedBefore(placed('r1'))).toBe(0)
      expect(one.ownership.membership?.member).toEqual(expect.any(String))
    })

    test('CLU-01: each run belongs to one node, and each is asked to bring on its own only', async () => {
      const two = await second()
      expect(ownedBy(one).filter((run) => ownedBy(two).includes(run))).toEqual([])
      await started(one, ...names)
      const ofOne = runsOf(await one.ready({ limit: 100 }))
      const ofTwo = runsOf(await two.ready({ limit: 100 }))
      expect([...ofOne, ...ofTwo].toSorted()).toEqual(names.toSorted())
      expect(ofOne.toSorted()).toEqual(ownedBy(one).toSorted())
      const [mine = ''] = ofOne
      const [other = ''] = ofTwo
      await one.append(append(one, mine, 0, { bodies: ['a'], state: state('waiting', { wakeAt: 50 }) }))
      await two.append(append(two, other, 0, { bodies: ['a'], state: state('waiting', { wakeAt: 40 }) }))
      expect(await one.nextWake()).toBe(50)
      expect(await two.nextWake()).toBe(40)
      expect(runsOf(await one.due({ now: 99, limit: 10 }))).toEqual([mine])
    })

    test('runs of one line belong together', async () => {
      const two = await second()
      for (const key of names) {
        const owners = [one, two].map((node) =>
          names.filter((run) => node.ownership.epochOf(placed(run, key)) !== null),
        )
        expect(owners.map(({ length }) => length).toSorted((a, b) => a - b)).toEqual([0, names.length])
      }
    })

    test('CLU-03: whoever takes a write in says which runs are elsewhere, and their owner hears of them', async () => {
      const two = await second()
      const { runs } = heard(two)
      const theirs = ownedBy(two)
      const receipt = await one.deliver(event('t/1', { starts: names.map((run) => start(run)) }))
      if (receipt.outcome !== 'written') throw new Error(receipt.outcome)
      const elsewhere = receipt.started.filter((run) => run.elsewhere === true)
      expect(runsOf(elsewhere).toSorted()).toEqual(theirs.toSorted())
      await harness.until(() => runs.length >= theirs.length)
      expect(new Set(runsOf(runs))).toEqual(new Set(theirs))
      const [first = ''] = theirs
      runs.length = 0
      expect(await one.deliver(message(first, 'm'))).toMatchObject({
        reached: [{ tenant, run: first, elsewhere: true }],
      })
      await harness.until(() => runs.length > 0)
      expect(runs[0]).toMatchObject({ tenant, run: first })
    })

    test("CLU-03: a child's end reaches the parent's owner", async () => {
      const two = await second()
      const [parent = ''] = ownedBy(two)
      const [child = ''] = ownedBy(one)
      await started(one, parent)
      const starts = [{ ...start(child, { parent: { run: parent, step: 's' } }), input: '1' }]
      expect(
        await two.append(append(two, parent, 0, { bodies: ['a'], starts, state: state('waiting') })),
      ).toMatchObject({
        readied: [{ run: child, elsewhere: true }],
      })
      const { runs } = heard(two)
      const end = append(one, child, 0, { bodies: ['a'], state: state('completed', { toParent: '1' }) })
      expect(await one.append(end)).toMatchObject({ reached: [{ run: parent, elsewhere: true }] })
      await harness.until(() => runs.length > 0)
      expect(await two.inbox({ tenant, run: parent })).toMatchObject([{ kind: 'child', name: 's' }])
    })

    test('what has mail is found without a word', async () => {
      const two = await second()
      const [run = '', other = '', without = ''] = ownedBy(two)
      await started(one, run, other, without)
      for (const each of [run, other]) await one.deliver(message(each, 'm'))
      const asked = [run, without, 'never started'].map((each) => ({ tenant, run: each }))
      expect(await two.ownership.membership?.mail(asked)).toEqual([{ tenant, run }])
      expect(await one.ownership.membership?.mail(asked)).toEqual([])
      const [mail] = await two.inbox({ tenant, run })
      await two.append(append(two, run, 0, { bodies: ['a'], consumed: [mail!.position] }))
      expect(await two.ownership.membership?.mail(asked)).toEqual([])
    })

    test('CLU-01: a killed node is followed under a greater epoch, its runs are orphans, and nothing it wrote is lost', async () => {
      const two = await second()
      const { words } = heard(one)
      const [run = ''] = ownedBy(two)
      await started(one, run)
      const late = append(two, run, 1, { bodies: ['late'] })
      await two.append(append(two, run, 0, { bodies: ['a'] }))
      const before = two.ownership.epochOf(placed(run)) ?? 0
      await harness.kill(two)
      await harness.until(() => ownedBy(one).length === names.length)
      expect(words).toEqual(['gained'])
      expect(one.ownership.epochOf(placed(run))).toBeGreaterThan(before)
      const row = await one.find(tenant, run)
      expect(one.ownership.orphanedBefore(placed(run))).toBeGreaterThan(row!.updatedAt)
      expect(runsOf(await one.ready({ limit: 9 }))).toEqual([run])
      expect(await one.append(late)).toMatchObject({ outcome: 'fenced' })
      expect(await one.append(append(one, run, 1, { bodies: ['b'] }))).toMatchObject({ outcome: 'written' })
    })

    test('a node that is closed hands over at once, and leaves no orphans', async () => {
      const two = await second()
      const [run = ''] = ownedBy(two)
      await started(one, run)
      await two.append(append(two, run, 0, { bodies: ['a'], state: state('waiting', { wakeAt: 7 }) }))
      await two.close()
      await harness.until(() => ownedBy(one).length === names.length)
      expect(one.ownership.orphanedBefore(placed(run))).toBe(0)
      expect(await one.nextWake()).toBe(7)
    })

    test('CLU-02: what another node is to have leaves in good order: its last writes count, and nobody else has it before', async () => {
      let isGone: () => void = () => undefined
      let asked: ((run: Placed) => boolean) | null = null
      heard(one, {
        leaving(isLeaving) {
          asked = isLeaving
          return new Promise((resolve) => (isGone = resolve))
        },
      })
      await started(one, ...names)
      const epoch = one.ownership.epochOf(placed('r1'))!
      const two = await harness.open()
      await harness.until(() => asked !== null)
      const leaving = names.filter((run) => asked?.(placed(run)) === true)
      expect(leaving.length).toBeGreaterThan(0)
      expect(leaving.filter((run) => one.ownership.epochOf(placed(run)) !== null)).toEqual([])
      const [run = ''] = leaving
      expect(two.ownership.epochOf(placed(run))).toBeNull()
      expect(await one.append({ ...append(one, run, 0, { bodies: ['a'] }), epoch })).toMatchObject({
        outcome: 'written',
      })
      isGone()
      await harness.until(() => two.ownership.epochOf(placed(run)) !== null)
      expect(two.ownership.orphanedBefore(placed(run))).toBe(0)
      expect(await two.find(tenant, run)).toMatchObject({ lastSeq: 1 })
    })

    test('CLU-01, CLU-02: a node that was stopped past its lease is fenced, and hears that it has lost everything', async () => {
      const two = await second()
      const [run = ''] = ownedBy(two)
      await started(one, run)
      const { words } = heard(two)
      const member = two.ownership.membership!.member
      const until = two.ownership.membership!.heldUntil(tenant)
      const late = append(two, run, 0, { bodies: ['late'] })
      harness.stop(two)
      await harness.until(() => ownedBy(one).length === names.length)
      expect(await two.append(late)).toMatchObject({ outcome: 'fenced' })
      expect(await one.append(append(one, run, 0, { bodies: ['a'] }))).toMatchObject({ outcome: 'written' })
      harness.goOn(two)
      await harness.until(() => words.includes('gained'))
      expect(words).toContain('lost')
      expect(words.indexOf('lost')).toBeLessThan(words.indexOf('gained'))
      await harness.until(() => isShared(one, two))
      expect(two.ownership.membership!.member).not.toBe(member)
      expect(two.ownership.membership!.heldUntil(tenant)).toBeGreaterThan(until)
      expect((await one.entries(tenant, run)).map(({ body }) => body)).toEqual(['"a"'])
    })

    test('CLU-02: a node that cannot reach the store lets go of everything by itself, before another has it', async () => {
      const two = await second()
      const owned = ownedBy(two)
      const ofOthers: string[] = []
      const { words } = heard(two, {
        lost: (isLost) => {
          expect(owned.every((run) => isLost(placed(run)))).toBe(true)
          words.push('lost')
          ofOthers.push(...ownedBy(one).filter((run) => owned.includes(run)))
        },
      })
      harness.cut(two)
      await harness.until(() => ownedBy(one).length === names.length)
      expect(words).toEqual(['lost'])
      expect(ofOthers).toEqual([])
      expect(ownedBy(two)).toEqual([])
      harness.heal(two)
      await harness.until(() => isShared(one, two))
    })

    test('CLU-03: what came while nobody owned it is there for whoever takes over', async () => {
      const two = await second()
      const [run = ''] = ownedBy(two)
      await harness.kill(two)
      await one.deliver(startMessage(run))
      await one.deliver(message(run, 'm'))
      await harness.until(() => ownedBy(one).length === names.length)
      expect(runsOf(await one.ready({ limit: 9 }))).toEqual([run])
      expect(await one.inbox({ tenant, run })).toHaveLength(1)
    })

    test('a line goes on with the next node', async () => {
      const two = await second()
      const key = names.find((name) => two.ownership.epochOf(placed('x', name)) !== null)!
      await started(one, start('x1', { key }), start('x2', { key }))
      const { runs } = heard(two)
      const ofTwo = append(two, 'x1', 0, { bodies: ['a'], state: state('completed') })
      const receipt = await two.append({ ...ofTwo, epoch: epochOf(two, 'x1', key) })
      expect(receipt).toMatchObject({ readied: [{ tenant, run: 'x2' }] })
      // It has the word from the receipt.
      expect(runs).not.toContainEqual({ tenant, run: 'x2' })
      await harness.kill(two)
      await harness.until(() => ownedBy(one).length === names.length)
      expect(runsOf(await one.ready({ limit: 9 }))).toEqual(['x2'])
    })

    test('each node sees all of them, with what they hold, have to do and did', async () => {
      const two = await second()
      await started(one, ...names)
      const [run = ''] = ownedBy(two)
      await two.append(append(two, run, 0, { bodies: ['a'], state: state('waiting', { wakeAt: 50 }) }))
      const lookOf = (node: Journal) => node.ownership.membership!.nodes()
      // What a node did is told with its sign of life.
      await harness.until(async () => (await lookOf(one)).nodes.every(({ figures }) => figures.writes > 0))
      const view = await lookOf(one)
      expect(view.unheld).toBe(0)
      expect(view.nodes.map(({ isThis }) => isThis)).toEqual([true, false])
      expect((await lookOf(two)).nodes.map(({ isThis }) => isThis)).toEqual([false, true])
      expect(view.nodes.map(({ partitions }) => partitions)).toEqual([view.partitions / 2, view.partitions / 2])
      expect(view.nodes.map(({ ready }) => ready)).toEqual([ownedBy(one).length, ownedBy(two).length - 1])
      expect(view.nodes.map(({ waiting }) => waiting)).toEqual([0, 1])
      for (const node of view.nodes) {
        expect(node).toMatchObject({ name: expect.any(String), version: '0', isLeaving: false })
        expect(node.joinedAt).toBeLessThanOrEqual(node.seenAt)
        expect(node.heldUntil).toBeGreaterThan(node.seenAt)
        expect(node.figures.latest.batches).toBeLessThanOrEqual(node.figures.batches)
      }
      await two.close()
      expect((await lookOf(one)).nodes).toHaveLength(1)
    })

    test('who leaves gives up each partition as soon as nothing of it is in memory, takes none, and is seen leaving', async () => {
      const two = await second()
      const [kept = '', ...others] = ownedBy(two)
      let isGone: () => void = () => undefined
      heard(two, {
        leaving: (isLeaving) =>
          isLeaving(placed(kept)) ? new Promise((resolve) => (isGone = resolve)) : Promise.resolve(),
      })
      await started(one, kept)
      const write = append(two, kept, 0, { bodies: ['a'] })
      two.ownership.membership!.leave()
      expect(ownedBy(two)).toEqual([])
      const isElsewhere = (run: string): boolean => one.ownership.epochOf(placed(run)) !== null
      await harness.until(() => others.some(isElsewhere))
      // What is in flight of the rest is still written, though time passes.
      const until = two.ownership.membership!.heldUntil(tenant)
      await harness.until(() => two.ownership.membership!.heldUntil(tenant) > until)
      expect(isElsewhere(kept)).toBe(false)
      const { nodes } = await one.ownership.membership!.nodes()
      expect(nodes.map(({ isLeaving }) => isLeaving)).toEqual([false, true])
      expect(nodes[1]?.partitions).toBe(1)
      expect(await two.append(write)).toMatchObject({ outcome: 'written' })
      isGone()
      await harness.until(() => ownedBy(one).length === names.length)
      expect(one.ownership.orphanedBefore(placed(kept))).toBe(0)
      // Who joins now shares with those that stay.
      const three = await harness.open()
      await harness.until(() => isShared(one, three))
      expect(two.ownership.membership!.standing().partitions).toBe(0)
    })

    test('a node knows from memory how it stands', async () => {
      const two = await second()
      const [run = ''] = ownedBy(two)
      await started(one, run)
      const late = append(two, run, 0, { bodies: ['late'] })
      expect(one.ownership.membership!.standing()).toMatchObject({ nodes: 2, takenOver: 0, fenced: 0 })
      harness.stop(two)
      await harness.until(() => ownedBy(one).length === names.length)
      await two.append(late)
      expect(two.ownership.membership!.standing()).toMatchObject({ fenced: 1 })
      const { partitions, takenOver, leaseAgeMs } = one.ownership.membership!.standing()
      expect(takenOver).toBe(partitions / 2)
      expect(leaseAgeMs).toBeLessThan(two.ownership.membership!.standing().leaseAgeMs)
    })

    test('what a node says comes to all others, or to the one that is meant, in order; a word has its limit', async () => {
      const [two, three] = [await second(), await harness.open()]
      const words = new Map<Journal, string[]>([one, two, three].map((node) => [node, []]))
      const from = new Set<string>()
      for (const [node, list] of words)
        node.ownership.membership!.hear((word, id) => {
          list.push(word)
          from.add(id)
        })
      const { membership } = one.ownership
      const long = 'ü'.repeat(longestWord / 2)
      await membership!.say(['a', long, 'c'])
      const isTold = (node: Journal, count: number) => () => words.get(node)?.length === count
      await harness.until(isTold(two, 3))
      await harness.until(isTold(three, 3))
      expect(words.get(three)).toEqual(['a', long, 'c'])
      const [id = ''] = from
      expect((await membership!.nodes()).nodes.find(({ isThis }) => isThis)?.id).toBe(id)
      await two.ownership.membership!.say(['for one'], id)
      await harness.until(isTold(one, 1))
      expect([words.get(one), words.get(three)?.length]).toEqual([['for one'], 3])
      await expect(membership!.say([`${long}x`])).rejects.toMatchObject({ code: 'INPUT_INVALID' })
    })
  })
}
