import { readdirSync, readFileSync } from 'node:fs'
import { basename, dirname, join, relative, resolve, sep } from 'node:path'
import { fileURLToPath } from 'node:url'
import { parseSync, Visitor } from 'oxc-parser'
import { describe, expect, test } from 'vitest'
import {
  baseFiles,
  doors,
  faceless,
  floors,
  forbiddenNames,
  longFiles,
  maxLines,
  mayReach,
  reachingModules,
} from '../packages/tenon/floors.ts'

const root = fileURLToPath(new URL('..', import.meta.url))
const source = join(root, 'packages/tenon/src')

const skipped = new Set(['node_modules', 'dist', '.git', '.tenon', 'coverage', 'fixtures'])

function list(folder: string): string[] {
  return readdirSync(folder, { withFileTypes: true }).flatMap((entry) => {
    if (skipped.has(entry.name)) return []
    const path = join(folder, entry.name)
    if (entry.isDirectory()) return list(path)
    return /\.[jt]sx?$/.test(entry.name) ? [path] : []
  })
}

const isTest = (path: string): boolean => /\.(test|test-d|suite|fixture)\.ts$/.test(path)
const isGenerated = (path: string): boolean => path.endsWith('.generated.ts')
const fromRoot = (path: string): string => relative(root, path).split(sep).join('/')

function dynamicImportsOf(path: string, text: string = readFileSync(path, 'utf8')): string[] {
  const { module } = parseSync(path, text)
  return module.dynamicImports.map(({ moduleRequest: { start, end } }) => text.slice(start + 1, end - 1))
}

/** Every import, re-export and `import()` of a file, as written. */
function importsOf(path: string, text: string = readFileSync(path, 'utf8')): string[] {
  const { module } = parseSync(path, text)
  const again = module.staticExports.flatMap(({ entries }) =>
    entries.flatMap((entry) => entry.moduleRequest?.value ?? []),
  )
  return [...module.staticImports.map((one) => one.moduleRequest.value), ...again, ...dynamicImportsOf(path, text)]
}

const floorOf = (folder: string): number => floors.findIndex((folders) => folders.includes(folder))
const folderOf = (path: string): string => relative(source, path).split(sep)[0] ?? ''

/** One sentence for each import that breaks the floors. */
function breaches(path: string, text?: string): string[] {
  const from = folderOf(path)
  return importsOf(path, text).flatMap((wanted) => {
    if (wanted.startsWith('tenon')) return [`${fromRoot(path)} imports its own package by name: ${wanted}`]
    if (wanted.startsWith('@tenon/')) return [`${fromRoot(path)} imports ${wanted}: the platform knows no connector`]
    if (!wanted.startsWith('.')) return []
    const target = resolve(dirname(path), wanted)
    const to = folderOf(target)
    if (to === from) return []
    if (to === '..') return [`${fromRoot(path)} leaves src/: ${wanted}`]
    if (floorOf(to) < 0) return [`${fromRoot(path)} imports ${wanted}, which stands on no floor`]
    if (floorOf(to) < floorOf(from)) return []
    const direction = floorOf(to) === floorOf(from) ? 'sideways' : 'up'
    return [`${fromRoot(path)} imports ${direction}: ${from} (floor ${floorOf(from)}) -> ${to} (floor ${floorOf(to)})`]
  })
}

const sources = list(source).filter((path) => !isTest(path))
const inFolders = sources.filter((path) => dirname(path) !== source)
const everything = ['packages', 'examples', 'bench', 'tests', 'scripts'].flatMap((name) => list(join(root, name)))

describe('floors', () => {
  test('every folder of src stands on a floor', () => {
    expect(inFolders.map(folderOf).filter((folder) => floorOf(folder) < 0)).toEqual([])
  })

  test('imports go down, never up, never sideways', () => {
    expect(inFolders.flatMap((path) => breaches(path))).toEqual([])
  })

  test('base is a closed list', () => {
    const present = inFolders.filter((path) => folderOf(path) === 'base').map((path) => basename(path, '.ts'))
    expect(present.filter((name) => !baseFiles.includes(name))).toEqual([])
  })

  test('the face of a folder is the file with its name', () => {
    const present = new Set(inFolders.map((path) => relative(source, path).split(sep).join('/')))
    const folders = [...new Set(inFolders.map(folderOf))]
    expect(folders.filter((name) => !(name in faceless) && !present.has(`${name}/${name}.ts`))).toEqual([])
  })

  test('only package doors re-export', () => {
    const offenders = sources.filter((path) => {
      if (doors.includes(relative(source, path).split(sep).join('/'))) return false
      const { module } = parseSync(path, readFileSync(path, 'utf8'))
      return module.staticExports.some(({ entries }) => entries.some((entry) => entry.moduleRequest !== null))
    })
    expect(offenders.map(fromRoot)).toEqual([])
  })
})

describe('EGR-01: who may reach out', () => {
  test('imports what it is named for: no exception is left behind', () => {
    const unused = Object.entries(mayReach).flatMap(([file, { imports }]) => {
      const there = importsOf(join(source, file)).map((name) => name.replace('node:', ''))
      return imports.filter((name) => !there.includes(name)).map((name) => `${file}: ${name}`)
    })
    expect(unused).toEqual([])
  })

  test('nobody imports such a module late, where a rule sees only what is imported at the top', () => {
    const reaching = Object.values(reachingModules).flat()
    const offenders = sources.flatMap((path) => {
      const { imports = [] } = mayReach[relative(source, path).split(sep).join('/')] ?? {}
      const late = dynamicImportsOf(path).map((name) => name.replace('node:', ''))
      return late
        .filter((name) => reaching.includes(name) && !imports.includes(name))
        .map((name) => `${fromRoot(path)}: ${name}`)
    })
    expect(offenders).toEqual([])
    expect(dynamicImportsOf('a.ts', `const x = await import('node:net')`)).toEqual(['node:net'])
  })

  test('nobody switches the rule off where he stands', () => {
    const off =
      /(?:oxlint|eslint)-disable(?!.*-- )|(?:oxlint|eslint)-disable.*(?:no-restricted|no-eval|no-new-func|no-implied-eval)/
    expect(sources.filter((path) => off.test(readFileSync(path, 'utf8'))).map(fromRoot)).toEqual([])
  })
})

describe('names and sizes', () => {
  test('no file or folder has a name that says nothing', () => {
    const offenders = everything.filter((path) =>
      fromRoot(path)
        .split('/')
        .some((part) => forbiddenNames.includes(part.replace(/\..*$/, ''))),
    )
    expect(offenders.map(fromRoot)).toEqual([])
  })

  test(`no hand-written source file is longer than ${maxLines} lines`, () => {
    const long = everything
      .filter((path) => !isTest(path) && !isGenerated(path))
      .filter((path) => readFileSync(path, 'utf8').trimEnd().split('\n').length > maxLines)
      .map(fromRoot)
    expect(long.filter((path) => !(path in longFiles))).toEqual([])
    expect(
      Object.keys(longFiles).filter((path) => !long.includes(path)),
      'exceptions that are no longer needed',
    ).toEqual([])
  })

  test('time comes from the clock: no `new Date()` without an argument', () => {
    const offenders: string[] = []
    for (const path of sources.filter((one) => fromRoot(one) !== 'packages/tenon/src/base/clock.ts')) {
      const visitor = new Visitor({
        NewExpression(node) {
          if (node.callee.type === 'Identifier' && node.callee.name === 'Date' && node.arguments.length === 0)
            offenders.push(fromRoot(path))
        },
      })
      visitor.visit(parseSync(path, readFileSync(path, 'utf8')).program)
    }
    expect(offenders).toEqual([])
  })
})

describe('the judge itself', () => {
  const outbound = join(source, 'outbound/outbound.ts')

  test.each([
    [`import { engine } from '../engine/engine.ts'`, 'imports up'],
    [`import type { Journal } from '../journal/journal.ts'`, 'imports sideways'],
    [`const late = await import('../server/server.ts')`, 'imports up'],
    [`export { cli } from '../cli/cli.ts'`, 'imports up'],
    [`import { stripe } from '@tenon/connectors/stripe'`, 'knows no connector'],
    [`import { defineFlow } from 'tenon'`, 'its own package'],
    [`import x from '../../floors.ts'`, 'leaves src/'],
    [`import { x } from '../odds/ends.ts'`, 'no floor'],
  ])('refuses %s', (text, sentence) => {
    expect(breaches(outbound, text)).toEqual([expect.stringContaining(sentence)])
  })

  test.each([
    `import { TenonError } from '../base/errors.ts'`,
    `import { x } from './policies/retry.ts'`,
    `import { Agent } from 'undici'`,
  ])('allows %s', (text) => {
    expect(breaches(outbound, text)).toEqual([])
  })
})
