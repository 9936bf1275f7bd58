import { describe, expect, test } from 'vitest'
import { createTimeAxis } from './time-axis.ts'

const day = 86_400_000

describe('a time axis', () => {
  test('without long idle stretches is drawn to scale', () => {
    const axis = createTimeAxis({ from: 0, to: 1_000 }, [
      { from: 0, to: 400 },
      { from: 500, to: 1_000 },
    ])
    expect(axis.folds).toEqual([])
    expect(axis.at(250)).toBeCloseTo(0.25)
    expect(axis.at(750)).toBeCloseTo(0.75)
  })

  test('folds a wait of days, so that the milliseconds around it stay visible', () => {
    const axis = createTimeAxis({ from: 0, to: 14 * day }, [
      { from: 0, to: 100 },
      { from: 14 * day - 100, to: 14 * day },
    ])
    expect(axis.folds).toHaveLength(1)
    const [fold] = axis.folds
    expect(fold).toMatchObject({ from: 100, to: 14 * day - 100 })
    expect(axis.at(100)).toBeCloseTo(fold!.start)
    expect(fold!.start).toBeGreaterThan(0.4)
    expect(fold!.end - fold!.start).toBeLessThan(0.15)
  })

  test('never runs backwards, and ends where the whole ends', () => {
    const axis = createTimeAxis({ from: 50, to: 10_000 }, [
      { from: 60, to: 70 },
      { from: 65, to: 300 },
      { from: 9_000, to: 20_000 },
    ])
    const places = Array.from({ length: 100 }, (_, index) => axis.at(50 + index * 100))
    expect(places.every((place, index) => index === 0 || place >= (places[index - 1] ?? 0))).toBe(true)
    expect([axis.at(50), axis.at(10_000)]).toEqual([0, 1])
    expect([axis.at(-1), axis.at(99_999)]).toEqual([0, 1])
  })

  test('of a moment, and of one wait alone, can be drawn too', () => {
    expect(createTimeAxis({ from: 5, to: 6 }, []).at(5.5)).toBeCloseTo(0.5)
    expect(createTimeAxis({ from: 0, to: day }, [{ from: 3, to: 3 }]).at(day / 2)).toBeCloseTo(0.5)
  })

  test('has round ticks, as many as there is room for', () => {
    const axis = createTimeAxis({ from: 1_000, to: 2_000 }, [{ from: 1_000, to: 2_000 }])
    expect(axis.ticks(500).map(({ text }) => text)).toEqual(['0', '200 ms', '400 ms', '600 ms', '800 ms'])
    expect(axis.ticks(50)).toEqual([])
    expect(axis.ticks(0)).toEqual([])
  })
})
