import { describe, expect, test } from 'vitest'
import { memoryStore } from '../../store/memory.ts'
import { createSessions } from './kept-sessions.ts'
import type { Sessions } from './sessions.ts'
import { createStoredSessions } from './stored-sessions.ts'

const minute = 60_000
const hour = 60 * minute

function setUp(start: object = {}) {
  let now = 1_000_000
  let content: unknown = start
  let saves = 0
  const file = {
    load: () => content,
    save(written: object) {
      content = structuredClone(written)
      saves += 1
    },
  }
  const open = (tenant = 'default'): Sessions => createSessions({ tenant, clock: { now: () => now }, file })
  return {
    open,
    wait: (ms: number) => void (now += ms),
    stored: async () => JSON.stringify(content),
    saves: async () => saves,
  }
}

function setUpStored() {
  let now = 1_000_000
  const store = memoryStore()
  return {
    open: (tenant = 'default') => createStoredSessions({ tenant, clock: { now: () => now }, store }),
    wait: (ms: number) => void (now += ms),
    stored: async () =>
      JSON.stringify(await store.changes(0, 1000).then((changes) => Promise.all(changes.map((key) => store.get(key))))),
    saves: async () => (await store.changes(0, 1000)).at(-1)?.position ?? 0,
  }
}

const signIn = async (sessions: Sessions, by = 'mia'): Promise<string> => {
  const { value } = await sessions.issueLink(by)
  return (await sessions.signIn(value))?.value ?? 'none'
}

describe.each([
  ['in the memory of one server', setUp],
  ['in the store of many', setUpStored],
])('sessions %s', (_where, setUp) => {
  test('a link lets one person in, once', async () => {
    const sessions = setUp().open()
    const { value } = await sessions.issueLink('mia')
    expect([await sessions.isOpen(value), await sessions.isOpen(value)]).toEqual([true, true])
    const issued = await sessions.signIn(value)
    expect(await sessions.find(issued?.value ?? '')).toMatchObject({ tenant: 'default', by: 'mia' })
    expect([await sessions.isOpen(value), await sessions.signIn(value)]).toEqual([false, null])
  })

  test('a link is good for ten minutes', async () => {
    const { open, wait } = setUp()
    const sessions = open()
    const [early, late] = [(await sessions.issueLink('mia')).value, (await sessions.issueLink('mia')).value]
    wait(10 * minute - 1)
    expect(await sessions.signIn(early)).not.toBeNull()
    wait(1)
    expect([await sessions.isOpen(late), await sessions.signIn(late)]).toEqual([false, null])
  })

  test('a session ends after twelve idle hours, and after seven days whatever is done', async () => {
    const { open, wait } = setUp()
    const sessions = open()
    const idle = await signIn(sessions)
    wait(12 * hour - 1)
    expect(await sessions.find(idle)).not.toBeNull()
    wait(12 * hour)
    expect(await sessions.find(idle)).toBeNull()

    const busy = await signIn(sessions)
    for (let hours = 0; hours < 7 * 24 - 1; hours += 1) {
      wait(hour)
      expect(await sessions.find(busy), `after ${hours + 1} hours`).not.toBeNull()
    }
    wait(hour)
    expect(await sessions.find(busy)).toBeNull()
  })

  test('a stream that only stays open is no sign of life', async () => {
    const { open, wait } = setUp()
    const sessions = open()
    const value = await signIn(sessions)
    wait(11 * hour)
    expect(await sessions.isAlive(value)).toBe(true)
    wait(hour)
    expect(await sessions.isAlive(value)).toBe(false)
  })

  test('a restart signs nobody out, keeps links open, and forgets no sign of life older than five minutes', async () => {
    const { open, wait } = setUp()
    const first = open()
    const value = await signIn(first)
    const link = (await first.issueLink('joe')).value
    wait(5 * minute)
    await first.find(value)
    const second = open()
    expect(await second.signIn(link)).not.toBeNull()
    wait(12 * hour - 1)
    expect(await second.find(value)).toMatchObject({ by: 'mia' })
  })

  test('a link that was used, and a session that was ended, stay so after a restart', async () => {
    const { open } = setUp()
    const first = open()
    const link = (await first.issueLink('mia')).value
    const value = (await first.signIn(link))?.value ?? ''
    await first.end(value)
    expect([await open().signIn(link), await open().find(value)]).toEqual([null, null])
  })

  test('of two who come with one link at once, one gets in', async () => {
    const { open } = setUp()
    const sessions = open()
    const { value } = await sessions.issueLink('mia')
    const entered = await Promise.all([sessions.signIn(value), sessions.signIn(value)])
    expect(entered.filter((one) => one !== null)).toHaveLength(1)
  })

  test('SEC-11: only digests are kept', async () => {
    const { open, stored } = setUp()
    const sessions = open()
    const [link, value] = [(await sessions.issueLink('mia')).value, await signIn(sessions)]
    expect(await stored()).toContain('mia')
    for (const secret of [link, value])
      for (const form of [
        secret,
        Buffer.from(secret, 'base64url').toString('hex'),
        Buffer.from(secret).toString('base64'),
      ])
        expect(await stored()).not.toContain(form)
  })

  test('what is looked at all the time is not written all the time', async () => {
    const { open, saves, wait } = setUp()
    const sessions = open()
    const value = await signIn(sessions)
    const before = await saves()
    for (let time = 0; time < 1000; time += 1) {
      wait(100)
      await sessions.find(value)
    }
    expect((await saves()) - before).toBe(0)
  })

  test('there are at most a hundred sessions and twenty open links: the ones not seen for longest go', async () => {
    const { open, wait, stored } = setUp()
    const sessions = open()
    const values: string[] = []
    for (let person = 0; person < 105; person += 1) {
      values.push(await signIn(sessions, `p${person}`))
      wait(1)
    }
    const found = await Promise.all(values.map((value) => sessions.find(value)))
    expect(values.filter((_value, index) => found[index] !== null)).toEqual(values.slice(5))
    const links: string[] = []
    for (let number = 0; number < 30; number += 1) {
      wait(1)
      links.push((await sessions.issueLink('mia')).value)
    }
    const areOpen = await Promise.all(links.map((link) => sessions.isOpen(link)))
    expect(links.filter((_link, index) => areOpen[index])).toEqual(links.slice(10))
    expect((await stored()).length).toBeLessThan(40_000)
  })

  test('SEC-09: a session and a link of another tenant are none', async () => {
    const { open } = setUp()
    const other = open('other')
    const value = await signIn(other)
    const link = (await other.issueLink('mallory')).value
    const sessions = open()
    expect([await sessions.find(value), await sessions.isAlive(value), await sessions.signIn(link)]).toEqual([
      null,
      false,
      null,
    ])
  })

  test('SEC-17: what is issued is 256 bits of chance, never the same', async () => {
    const sessions = setUp().open()
    const issued = await Promise.all(Array.from({ length: 50 }, () => sessions.issueLink('mia')))
    const values = new Set(issued.map(({ value }) => value))
    expect(values.size).toBe(50)
    for (const value of values) expect(Buffer.from(value, 'base64url')).toHaveLength(32)
  })
})

test.each([
  ['nothing', null],
  ['another form', { sessions: 'all', links: { a: 1 } }],
  ['entries of another form', { sessions: [null, 7, { digest: 1 }], links: [[]] }],
  ['a list', [1, 2]],
])('a file with %s in it signs people out, and nothing worse', async (_what, content) => {
  const sessions = setUp(content as object).open()
  expect(await sessions.find('x')).toBeNull()
  expect(await sessions.find(await signIn(sessions))).not.toBeNull()
})
