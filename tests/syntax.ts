// The sources by their syntax: what tests look for in all of them.
import { globSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { parseSync, Visitor } from 'oxc-parser'

export const root = join(import.meta.dirname, '..')
const isTest = /\.(?:test|test-d|suite|fixture)\.tsx?$/
export const sources = globSync('packages/*/src/**/*.{ts,tsx}', { cwd: root })
  .filter((path) => !isTest.test(path))
  .toSorted()

export type Visit = ConstructorParameters<typeof Visitor>[0]

/** Notes what it finds in a text. */
export type Judge = (note: (text: string) => void, text: string) => Visit

/** The files in which the visitor noted something, with what it noted. */
export function found(visit: Judge, from: readonly string[]): string[] {
  return from.flatMap((path) => {
    const text = readFileSync(join(root, path), 'utf8')
    return notesOf(path, text, visit).map((note) => `${path}: ${note}`)
  })
}

export function notesOf(path: string, text: string, judge: Judge): string[] {
  return judgedOf(path, text, [judge])[0] ?? []
}

/** What each of them notes in a text, which is read once. */
export function judgedOf(path: string, text: string, judges: readonly Judge[]): string[][] {
  const { program } = parseSync(path, text)
  return judges.map((judge) => {
    const notes: string[] = []
    new Visitor(judge((note) => notes.push(note), text)).visit(program)
    return notes
  })
}
