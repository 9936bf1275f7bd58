import { expect, test } from 'vitest'
import { createSessions, type Sessions } from './sessions.ts'

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
    stored: () => JSON.stringify(content),
    saves: () => saves,
  }
}

const signIn = (sessions: Sessions, by = 'mia'): string =>
  sessions.signIn(sessions.issueLink(by).value)?.value ?? 'none'

test('a link lets one person in, once', () => {
  const sessions = setUp().open()
  const { value } = sessions.issueLink('mia')
  expect([sessions.isOpen(value), sessions.isOpen(value)]).toEqual([true, true])
  const issued = sessions.signIn(value)
  expect(sessions.find(issued?.value ?? '')).toMatchObject({ tenant: 'default', by: 'mia' })
  expect([sessions.isOpen(value), sessions.signIn(value)]).toEqual([false, null])
})

test('a link is good for ten minutes', () => {
  const { open, wait } = setUp()
  const sessions = open()
  const [early, late] = [sessions.issueLink('mia').value, sessions.issueLink('mia').value]
  wait(10 * minute - 1)
  expect(sessions.signIn(early)).not.toBeNull()
  wait(1)
  expect([sessions.isOpen(late), sessions.signIn(late)]).toEqual([false, null])
})

test('a session ends after twelve idle hours, and after seven days whatever is done', () => {
  const { open, wait } = setUp()
  const sessions = open()
  const idle = signIn(sessions)
  wait(12 * hour - 1)
  expect(sessions.find(idle)).not.toBeNull()
  wait(12 * hour)
  expect(sessions.find(idle)).toBeNull()

  const busy = signIn(sessions)
  for (let hours = 0; hours < 7 * 24 - 1; hours += 1) {
    wait(hour)
    expect(sessions.find(busy), `after ${hours + 1} hours`).not.toBeNull()
  }
  wait(hour)
  expect(sessions.find(busy)).toBeNull()
})

test('a stream that only stays open is no sign of life', () => {
  const { open, wait } = setUp()
  const sessions = open()
  const value = signIn(sessions)
  wait(11 * hour)
  expect(sessions.isAlive(value)).toBe(true)
  wait(hour)
  expect(sessions.isAlive(value)).toBe(false)
})

test('a restart signs nobody out, keeps links open, and forgets no sign of life older than five minutes', () => {
  const { open, wait } = setUp()
  const first = open()
  const value = signIn(first)
  const link = first.issueLink('joe').value
  wait(5 * minute)
  first.find(value)
  const second = open()
  expect(second.signIn(link)).not.toBeNull()
  wait(12 * hour - 1)
  expect(second.find(value)).toMatchObject({ by: 'mia' })
})

test('a link that was used, and a session that was ended, stay so after a restart', () => {
  const { open } = setUp()
  const first = open()
  const link = first.issueLink('mia').value
  const value = first.signIn(link)?.value ?? ''
  first.end(value)
  expect([open().signIn(link), open().find(value)]).toEqual([null, null])
})

test('SEC-11: the file holds digests only', () => {
  const { open, stored } = setUp()
  const sessions = open()
  const [link, value] = [sessions.issueLink('mia').value, signIn(sessions)]
  expect(stored()).toContain('mia')
  for (const secret of [link, value])
    for (const form of [
      secret,
      Buffer.from(secret, 'base64url').toString('hex'),
      Buffer.from(secret).toString('base64'),
    ])
      expect(stored()).not.toContain(form)
})

test('what is looked at all the time is not written all the time', () => {
  const { open, saves, wait } = setUp()
  const sessions = open()
  const value = signIn(sessions)
  const before = saves()
  for (let time = 0; time < 1000; time += 1) {
    wait(100)
    sessions.find(value)
  }
  expect(saves() - before).toBe(0)
})

test('there are at most a hundred sessions and twenty open links: the ones not seen for longest go', () => {
  const { open, wait, stored } = setUp()
  const sessions = open()
  const values: string[] = []
  for (let person = 0; person < 105; person += 1) {
    values.push(signIn(sessions, `p${person}`))
    wait(1)
  }
  expect(values.filter((value) => sessions.find(value) !== null)).toEqual(values.slice(5))
  const links = Array.from({ length: 30 }, () => {
    wait(1)
    return sessions.issueLink('mia').value
  })
  expect(links.filter((link) => sessions.isOpen(link))).toEqual(links.slice(10))
  expect(stored().length).toBeLessThan(40_000)
})

test.each([
  ['nothing', null],
  ['another form', { sessions: 'all', links: { a: 1 } }],
  ['entries of another form', { sessions: [null, 7, { digest: 1 }], links: [[]] }],
  ['a list', [1, 2]],
])('a file with %s in it signs people out, and nothing worse', (_what, content) => {
  const sessions = setUp(content as object).open()
  expect(sessions.find('x')).toBeNull()
  expect(sessions.find(signIn(sessions))).not.toBeNull()
})

test('SEC-09: a session and a link of another tenant in the same file are none', () => {
  const { open } = setUp()
  const other = open('other')
  const value = signIn(other)
  const link = other.issueLink('mallory').value
  const sessions = open()
  expect([sessions.find(value), sessions.isAlive(value), sessions.signIn(link)]).toEqual([null, false, null])
})

test('SEC-17: what is issued is 256 bits of chance, never the same', () => {
  const sessions = setUp().open()
  const values = new Set(Array.from({ length: 50 }, () => sessions.issueLink('mia').value))
  expect(values.size).toBe(50)
  for (const value of values) expect(Buffer.from(value, 'base64url')).toHaveLength(32)
})
