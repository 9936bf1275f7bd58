import { describe, expect, test } from 'vitest'
import type { LimitDialect } from '../../definition/limits.ts'
import { graphqlCost } from '../../definition/limits.ts'
import { answer } from './rate.fixture.ts'
import { readerOf } from './told.ts'

const now = Date.UTC(2026, 4, 1, 12, 0, 0)
const read = (learn: LimitDialect, headers: Record<string, string>, status = 200) =>
  readerOf(learn)(answer(status, headers), now)
const limitsIn = (learn: LimitDialect, headers: Record<string, string>) => read(learn, headers)?.limits ?? []

describe('OUT-04: RateLimit and RateLimit-Policy (draft-ietf-httpapi-ratelimit-headers-11)', () => {
  const standard = (ratelimit: string, policy?: string) =>
    limitsIn('standard', { ratelimit, ...(policy !== undefined && { 'ratelimit-policy': policy }) })

  test('what is left, and for how long', () => {
    expect(standard('"default";r=50;t=30')).toEqual([{ name: 'default', remaining: 50, resetMs: 30_000 }])
  })

  test('the quota comes from the policy of that name; without t its window counts', () => {
    expect(standard('"burst";r=7, "day";r=900;t=3600', '"burst";q=10;w=1, "day";q=1000;w=86400')).toEqual([
      { name: 'burst', remaining: 7, resetMs: 1000, quota: 10 },
      { name: 'day', remaining: 900, resetMs: 3_600_000, quota: 1000 },
    ])
  })

  test('a limit of something else than requests is none of ours', () => {
    expect(standard('"bytes";r=0;t=9', '"bytes";q=100;w=9;qu="content-bytes"')).toEqual([])
    expect(standard('"own";r=1;t=9', '"own";q=2;w=9;qu="requests";pk=:c2VjcmV0:')).toHaveLength(1)
  })

  test.each([
    '',
    'default;r=1;t=2',
    '"default"',
    '"default";r=-1;t=2',
    '"default";r=1.5;t=2',
    '"default";r="1";t=2',
    '"default";r=1;t=2,',
    '("default");r=1;t=2',
    '"default;r=1',
    '"default";r=1',
    'limit=100, remaining=0, reset=5',
    '\u0000',
  ])('%j says nothing', (field) => {
    expect(standard(field)).toEqual([])
  })

  test('a broken policy does not take the limit with it', () => {
    expect(standard('"default";r=1;t=2', '"default";q')).toEqual([{ name: 'default', remaining: 1, resetMs: 2000 }])
  })
})

describe("OUT-04: the providers' own ways", () => {
  const inAMinute = String((now + 60_000) / 1000)

  test.each<[LimitDialect, Record<string, string>, object[]]>([
    [
      'github',
      { 'x-ratelimit-remaining': '12', 'x-ratelimit-limit': '5000', 'x-ratelimit-reset': inAMinute },
      [{ name: 'requests', remaining: 12, quota: 5000, resetMs: 60_000 }],
    ],
    [
      'twitter',
      { 'x-rate-limit-remaining': '0', 'x-rate-limit-limit': '100', 'x-rate-limit-reset': inAMinute },
      [{ name: 'requests', remaining: 0, quota: 100, resetMs: 60_000 }],
    ],
    [
      'duffel',
      {
        'ratelimit-remaining': '59',
        'ratelimit-limit': '60',
        'ratelimit-reset': new Date(now + 30_000).toUTCString(),
      },
      [{ name: 'requests', remaining: 59, quota: 60, resetMs: 30_000 }],
    ],
    [
      'hubspot',
      {
        'x-hubspot-ratelimit-remaining': '98',
        'x-hubspot-ratelimit-max': '100',
        'x-hubspot-ratelimit-interval-milliseconds': '10000',
        'x-hubspot-ratelimit-daily': '250000',
        'x-hubspot-ratelimit-daily-remaining': '249000',
      },
      [
        { name: 'requests', remaining: 98, quota: 100, resetMs: 10_000 },
        { name: 'day', remaining: 249_000, quota: 250_000, resetMs: 3_600_000 },
      ],
    ],
    [
      'zendesk',
      { 'x-rate-limit': '700', 'x-rate-limit-remaining': '699' },
      [{ name: 'minute', remaining: 699, quota: 700, resetMs: 60_000 }],
    ],
    [
      'xero',
      { 'x-minlimit-remaining': '59', 'x-daylimit-remaining': '4900' },
      [
        { name: 'minute', remaining: 59, resetMs: 60_000 },
        { name: 'day', remaining: 4900, resetMs: 3_600_000 },
      ],
    ],
    [
      'openai',
      {
        'x-ratelimit-limit-requests': '60',
        'x-ratelimit-remaining-requests': '59',
        'x-ratelimit-reset-requests': '6m0s',
        'x-ratelimit-remaining-tokens': '149984',
        'x-ratelimit-reset-tokens': '120ms',
      },
      [
        { name: 'requests', remaining: 59, quota: 60, resetMs: 360_000 },
        { name: 'tokens', remaining: 149_984, resetMs: 120 },
      ],
    ],
    [
      'shopify',
      { 'x-shopify-shop-api-call-limit': '39/40' },
      [{ name: 'requests', remaining: 1, quota: 40, restorePerSecond: 2 }],
    ],
  ])('%s', (dialect, headers, limits) => {
    expect(limitsIn(dialect, headers)).toEqual(limits)
  })

  test.each<[LimitDialect, Record<string, string>]>([
    ['github', { 'x-ratelimit-remaining': 'many', 'x-ratelimit-reset': inAMinute }],
    ['github', { 'x-ratelimit-remaining': '1' }],
    ['duffel', { 'ratelimit-remaining': '1', 'ratelimit-reset': 'tomorrow' }],
    ['openai', { 'x-ratelimit-remaining-requests': '1', 'x-ratelimit-reset-requests': '6 minutes' }],
    ['shopify', { 'x-shopify-shop-api-call-limit': '39' }],
    ['shopify', { 'x-shopify-shop-api-call-limit': '39/0' }],
  ])('%s: what is malformed says nothing', (dialect, headers) => {
    expect(limitsIn(dialect, headers)).toEqual([])
  })

  test("GitHub's 403 with Retry-After is a limit; another 403 is not", () => {
    expect(read('github', { 'retry-after': '60' }, 403)).toMatchObject({ isRefusal: true, pauseMs: 60_000 })
    expect(read('github', {}, 403)).toBeNull()
    expect(read('standard', { 'retry-after': '60' }, 403)).toBeNull()
  })

  test('a 429 without Retry-After waits for the reset that it names', () => {
    const headers = { 'x-rate-limit-remaining': '0', 'x-rate-limit-reset': inAMinute }
    expect(read('twitter', headers, 429)).toMatchObject({ isRefusal: true, pauseMs: 60_000 })
  })

  test('the points of GraphQL', () => {
    const throttleStatus = { maximumAvailable: 2000, currentlyAvailable: 1908, restoreRate: 100 }
    expect(graphqlCost({ extensions: { cost: { throttleStatus } } })).toEqual([
      { name: 'cost', quota: 2000, remaining: 1908, restorePerSecond: 100 },
    ])
    for (const body of [null, 'x', {}, { extensions: { cost: { throttleStatus: { restoreRate: '100' } } } }])
      expect(graphqlCost(body)).toBeNull()
  })

  test('what a connector throws about an answer that a proxy made up is no words of limits', () => {
    const reader = readerOf(({ json }) => (json() as { limits: [] }).limits)
    expect(reader(answer(502, {}, '<html>'), now)).toBeNull()
  })
})
