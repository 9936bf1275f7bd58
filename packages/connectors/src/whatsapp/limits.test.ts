import { expect, test } from 'vitest'
import { limits } from './limits.ts'

const said = (status: number, code: number | null, usage?: string) => {
  const { learn } = limits
  if (typeof learn !== 'function') throw new TypeError('no function')
  const header = (name: string) => (name === 'x-business-use-case-usage' ? usage : undefined)
  return learn({ status, header, json: () => (code === null ? undefined : { error: { code } }) }, 0)
}

test('OUT-04: a limit of the number, the app or the account holds all of them up, whatever the status', () => {
  for (const code of [4, 80_007, 130_429]) expect(said(400, code)).toEqual([{ name: 'code', pauseMs: 1000 }])
})

test('OUT-04: the header about the account says for how long', () => {
  const usage = '{"102290129340398":[{"call_count":100,"estimated_time_to_regain_access":7}]}'
  expect(said(429, 80_007, usage)).toEqual([{ name: 'code', pauseMs: 420_000 }])
})

test('OUT-04: the limit of one recipient holds nobody else up', () => {
  expect(said(400, 131_056)).toEqual([])
})

test('OUT-04: other answers say nothing', () => {
  for (const [status, code] of [
    [200, null],
    [400, 131_026],
    [502, null],
  ] as const)
    expect(said(status, code)).toBeNull()
})
