import { describe, expect, test } from 'vitest'
import { LearntBucket } from './learnt.ts'

const t0 = 1_000_000

describe('OUT-04: a pause', () => {
  test('without a length is a second, and twice as long each time that it was not enough, up to a minute', () => {
    const bucket = new LearntBucket()
    let now = t0
    const lengths: number[] = []
    for (let refusal = 0; refusal < 8; refusal += 1) {
      bucket.pause(null, now)
      lengths.push(bucket.wait(1, now))
      // Answers to calls that left before it say nothing new.
      bucket.pause(null, now + 1)
      expect(bucket.wait(1, now + 1)).toBe((lengths.at(-1) ?? 0) - 1)
      now += lengths.at(-1) ?? 0
      expect(bucket.wait(1, now)).toBe(0)
    }
    expect(lengths).toStrictEqual([1000, 2000, 4000, 8000, 16_000, 32_000, 60_000, 60_000])
    bucket.succeeded()
    bucket.pause(null, now)
    expect(bucket.wait(1, now)).toBe(1000)
  })

  test('is not shortened by a later word', () => {
    const bucket = new LearntBucket()
    bucket.pause(10_000, t0)
    bucket.pause(2000, t0 + 1000)
    expect(bucket.wait(1, t0 + 1000)).toBe(9000)
  })

  test('that is over leaves nothing behind', () => {
    const bucket = new LearntBucket()
    expect(bucket.isIdle).toBe(true)
    bucket.pause(1000, t0)
    expect(bucket.isIdle).toBe(false)
    expect(bucket.wait(1, t0 + 1000)).toBe(0)
    expect(bucket.isIdle).toBe(true)
  })
})

describe('OUT-04: what is left', () => {
  const all = { name: 'all', quota: 100, resetMs: 30_000 }

  test('is less by the calls that are on their way, which the provider may not have counted', () => {
    const bucket = new LearntBucket()
    bucket.learn({ ...all, remaining: 5 }, 3, t0)
    expect(bucket.view(t0)).toMatchObject([{ remaining: 2 }])
    bucket.take(1)
    bucket.take(1)
    expect(bucket.wait(1, t0 + 1000)).toBe(29_000)
  })

  test('is by a later answer no more than what was counted here, and no less than what it says without those on their way', () => {
    const bucket = new LearntBucket()
    bucket.learn({ ...all, remaining: 50 }, 0, t0)
    bucket.take(10)
    bucket.learn({ ...all, remaining: 45 }, 10, t0 + 1)
    expect(bucket.view(t0 + 1)).toMatchObject([{ remaining: 40 }])
    bucket.learn({ ...all, remaining: 20 }, 2, t0 + 2)
    expect(bucket.view(t0 + 2)).toMatchObject([{ remaining: 20 }])
    bucket.learn({ ...all, remaining: 90 }, 5, t0 + 3)
    expect(bucket.view(t0 + 3)).toMatchObject([{ remaining: 85 }])
  })

  test('is over with its time, to the millisecond, and the next answer begins anew', () => {
    const bucket = new LearntBucket()
    bucket.learn({ ...all, remaining: 0 }, 0, t0)
    expect(bucket.wait(1, t0 + 29_999)).toBe(1)
    bucket.learn({ ...all, remaining: 70 }, 20, t0 + 30_000)
    expect(bucket.view(t0 + 30_000)).toMatchObject([{ remaining: 50 }])
    bucket.learn({ ...all, remaining: 40 }, 20, t0 + 60_000)
    expect(bucket.view(t0 + 60_000)).toMatchObject([{ remaining: 20 }])
    expect(bucket.wait(21, t0 + 60_000)).toBe(30_000)
    expect(bucket.wait(1, t0 + 90_000)).toBe(0)
    expect(bucket.isIdle).toBe(true)
  })

  test('is taken by what a call costs; one that costs more than all goes when all is there', () => {
    const bucket = new LearntBucket()
    bucket.learn({ ...all, remaining: 100 }, 0, t0)
    expect(bucket.wait(250, t0)).toBe(0)
    bucket.take(8)
    expect(bucket.view(t0)).toMatchObject([{ remaining: 92 }])
    expect(bucket.wait(250, t0)).toBe(30_000)
    expect(bucket.wait(92, t0)).toBe(0)
  })

  test('comes back bit by bit where the provider restores it so, up to the quota', () => {
    const bucket = new LearntBucket()
    bucket.learn({ name: 'points', remaining: 0, quota: 100, restorePerSecond: 10 }, 0, t0)
    expect(bucket.wait(5, t0)).toBe(500)
    expect(bucket.wait(5, t0 + 200)).toBe(300)
    expect(bucket.wait(5, t0 + 400)).toBe(100)
    expect(bucket.wait(5, t0 + 500)).toBe(0)
    bucket.take(5)
    expect(bucket.wait(5, t0 + 500)).toBe(500)
    // All of it is back after ten seconds.
    expect(bucket.wait(100, t0 + 9999)).toBeGreaterThan(0)
  })
})
