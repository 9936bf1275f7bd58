// Compares the licence of everything that an installed Tenon brings along with the licences that we accept.
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { root } from './tool.ts'

const accepted = new Set([
  '0BSD',
  'Apache-2.0',
  'BlueOak-1.0.0',
  'BSD-2-Clause',
  'BSD-3-Clause',
  'CC0-1.0',
  'ISC',
  'MIT',
  'PSF-2.0',
  'Unlicense',
])

interface Locked {
  version?: string
  license?: string
  dev?: boolean
  link?: boolean
}

/** True for one accepted licence, and for an SPDX choice ("A OR B") that has one. */
export function isAccepted(licence: string | undefined): boolean {
  if (licence === undefined) return false
  const choices = licence.replace(/^\((.*)\)$/, '$1').split(' OR ')
  return choices.some((choice) => choice.split(' AND ').every((part) => accepted.has(part)))
}

export function refused(packages: Readonly<Record<string, Locked>>): string[] {
  return Object.entries(packages)
    .filter(([path, entry]) => path.startsWith('node_modules/') && entry.dev !== true && entry.link !== true)
    .filter(([, entry]) => !isAccepted(entry.license))
    .map(
      ([path, entry]) =>
        `${path.replace(/^.*node_modules\//, '')} ${entry.version ?? ''}: ${entry.license ?? 'no licence stated'}`,
    )
}

if (import.meta.main) {
  const { packages }: { packages: Record<string, Locked> } = JSON.parse(
    readFileSync(join(root, 'package-lock.json'), 'utf8'),
  )
  const offenders = refused(packages)
  for (const line of offenders) console.error(line)
  process.exitCode = offenders.length > 0 ? 1 : 0
}
