import type { Divergence } from '../engine/engine.ts'
import { count, shortId } from './words.ts'

const mostNamed = 3

/** The living runs that new code does not fit, and where they differ first; those that differ alike are told together. */
export function describeDivergences(
  file: string,
  divergences: readonly Divergence[],
  most: number = Infinity,
): string[] {
  const alike = Object.values(
    Object.groupBy(divergences, ({ flow, version, expected, found }) => `${flow}\n${version}\n${expected}\n${found}`),
  ).flatMap((group) => (group === undefined ? [] : [group]))
  const left = alike.slice(most).reduce((runs, group) => runs + group.length, 0)
  return [
    `${count(divergences.length, 'run')} would stop and wait for a person under ${file}:`,
    ...alike.slice(0, most).flatMap(describeGroup),
    ...(left > 0 ? [`  and ${left} more: npx tenon check`] : []),
  ]
}

function describeGroup(group: readonly Divergence[]): string[] {
  const [first] = group
  if (first === undefined) return []
  const named = group.slice(0, mostNamed).map(({ run }) => shortId(run))
  const more = group.length > mostNamed ? ` and ${group.length - mostNamed} more` : ''
  return [
    `  ${group.length === 1 ? 'run' : 'runs'} ${named.join(', ')}${more} of ${first.flow} version ${first.version}`,
    `    ${group.length === 1 ? 'it has done  ' : 'they have done'} ${first.expected}`,
    `    ${group.length === 1 ? 'the code does' : 'the code does '} ${first.found}`,
  ]
}

export const keepTheOldCode =
  '  Keep the old version of the flow in the app until they have ended (raise version in the new one), or mark the change with step.changed.'
