// An advisory that is fixed in one place comes back in another: each class of weakness has a judge that looks at all sources, and is shown a variant in each of them.
import { readFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { beforeAll, describe, expect, test } from 'vitest'
import { found, judgedOf, notesOf, root, sources, type Judge } from './syntax.ts'

interface Weakness {
  readonly name: string
  readonly judge: Judge
  /** Ways to bring it back; the judge must see each, wherever it stands. */
  readonly variants: readonly string[]
  /** Where it must be, and why. */
  readonly exceptions: Readonly<Record<string, string>>
}

const nameOf = (node: object): string => {
  const { name, value, property, type } = node as {
    name?: unknown
    value?: unknown
    property?: object
    type: string
  }
  if (type === 'MemberExpression' && property !== undefined) return nameOf(property)
  return typeof name === 'string' ? name : typeof value === 'string' ? value : ''
}

/** Notes each use of one of these names, as a variable or as a member, and each import of one of these modules. */
const uses =
  (names: readonly string[], modules: readonly string[] = []): Judge =>
  (note) => {
    const look = (name: string): void => {
      if (names.includes(name)) note(name)
    }
    return {
      ImportDeclaration({ source }) {
        if (modules.includes(source.value.replace(/^node:/, ''))) note(source.value)
      },
      ImportExpression({ source }) {
        if (modules.includes(nameOf(source).replace(/^node:/, ''))) note(nameOf(source))
      },
      CallExpression({ callee }) {
        look(nameOf(callee))
      },
      NewExpression({ callee }) {
        look(nameOf(callee))
      },
      AssignmentExpression({ left }) {
        look(nameOf(left))
      },
      Property({ key }) {
        look(nameOf(key))
      },
      JSXAttribute({ name }) {
        look(nameOf(name))
      },
    }
  }

const weaknesses: readonly Weakness[] = [
  {
    name: 'a text becomes code, or code of strangers has a place to run',
    judge: uses(
      ['eval', 'Function', 'runInNewContext', 'runInThisContext', 'compileFunction', 'instantiate'],
      ['vm', 'repl', 'isolated-vm', 'vm2', 'quickjs-emscripten'],
    ),
    variants: [
      'eval(text)',
      'globalThis.eval(text)',
      'new Function(text)',
      'Function(text)()',
      "import { Script } from 'node:vm'",
      "await import('vm')",
      'WebAssembly.instantiate(bytes)',
    ],
    exceptions: {},
  },
  {
    name: 'a text becomes markup',
    judge: uses([
      'dangerouslySetInnerHTML',
      'innerHTML',
      'outerHTML',
      'insertAdjacentHTML',
      'createContextualFragment',
      'srcdoc',
      'srcDoc',
    ]),
    variants: [
      'element.innerHTML = text',
      'element.outerHTML += text',
      "element['innerHTML'] = text",
      'element.insertAdjacentHTML("beforeend", text)',
      'createElement("div", { dangerouslySetInnerHTML: { __html: text } })',
    ],
    exceptions: {},
  },
  {
    name: 'memory that held something of somebody else is handed out',
    judge: uses(['allocUnsafe', 'allocUnsafeSlow']),
    variants: ['Buffer.allocUnsafe(10)', 'Buffer.allocUnsafeSlow(10)'],
    exceptions: {
      'packages/tenon/src/journal/postgres/arrays.ts':
        'its length is worked out first, and every byte of it is written',
    },
  },
  {
    name: 'whoever answers is believed to be whom we called',
    judge: uses(['rejectUnauthorized', 'checkServerIdentity', 'NODE_TLS_REJECT_UNAUTHORIZED']),
    variants: [
      'connect({ rejectUnauthorized: false })',
      'connect({ checkServerIdentity: () => undefined })',
      "process.env['NODE_TLS_REJECT_UNAUTHORIZED'] = '0'",
    ],
    exceptions: {
      'packages/tenon/src/postgres/database-url.ts': 'the modes of sslmode that its owner chooses for a database',
      'packages/tenon/src/simulator/listener.ts': 'a stand-in takes any client certificate, and judges it by itself',
    },
  },
]

/** What each judge notes in all sources, which are read once. */
const seen = new Map<Judge, Map<string, readonly string[]>>()

const threadImports = uses([], ['worker_threads', 'cluster'])

beforeAll(() => {
  const judges = [...weaknesses.map(({ judge }) => judge), threadImports]
  for (const judge of judges) seen.set(judge, new Map())
  for (const path of sources) {
    const notes = judgedOf(path, readFileSync(join(root, path), 'utf8'), judges)
    for (const [index, judge] of judges.entries()) seen.get(judge)?.set(path, notes[index] ?? [])
  }
}, 120_000)

const filesOf = (judge: Judge): string[] =>
  [...(seen.get(judge) ?? [])].flatMap(([path, notes]) => (notes.length > 0 ? [path] : [])).toSorted()

/** The first source of each folder. */
const samples = [...Map.groupBy(sources, (path) => dirname(path)).values()].flatMap(([path]) => path ?? [])

describe.each(weaknesses)('SEC-18: $name', ({ judge, variants, exceptions }) => {
  test('nowhere but where it is named', () => {
    expect(filesOf(judge)).toEqual(Object.keys(exceptions).toSorted())
  })

  test('each variant is seen', () => {
    expect(variants.filter((variant) => notesOf('a.ts', variant, judge).length === 0)).toEqual([])
  })
})

test('SEC-18: a variant is found in a source of whatever folder', { timeout: 120_000 }, () => {
  expect(samples.length).toBeGreaterThan(50)
  const all = weaknesses.map(({ variants }) => variants[0]).join('\n')
  const judges = weaknesses.map(({ judge }) => judge)
  const unseen = samples.flatMap((path) => {
    const notes = judgedOf(path, `${readFileSync(join(root, path), 'utf8')}\n${all}\n`, judges)
    return weaknesses.flatMap(({ name, judge }, index) =>
      (notes[index]?.length ?? 0) > (seen.get(judge)?.get(path)?.length ?? 0) ? [] : [`${name} in ${path}`],
    )
  })
  expect(unseen).toEqual([])
})

describe('SEC-15: no code of strangers is run', () => {
  /** Threads are ours, each of a file of its own; they take messages, and no code. */
  const threads = [
    'packages/tenon/src/cli/dev/standstill-thread.ts',
    'packages/tenon/src/cli/dev/standstill.ts',
    'packages/tenon/src/journal/sqlite/reader.ts',
    'packages/tenon/src/journal/sqlite/writer.ts',
    'packages/tenon/src/sqlite/thread.ts',
    'packages/tenon/src/store/sqlite/worker.ts',
  ]

  test('there is no place for it: threads are those that are named, and none is given code as a text', () => {
    expect(filesOf(threadImports)).toEqual(threads)
    const code: Judge = (note) => ({
      Property({ key, value }) {
        if (nameOf(key) === 'eval' && (value as { value?: unknown }).value !== false) note('eval')
      },
    })
    expect(found(code, threads)).toEqual([])
    expect(notesOf('a.ts', 'new Worker(text, { eval: true })', code)).toEqual(['eval'])
  })

  test('what an app is made of is documented as trusted, and what to do for code that is not', () => {
    const page = readFileSync(join(root, 'docs/guides/operating.md'), 'utf8')
    expect(page).toContain('## Whose code runs')
    expect(page).toContain('**The code of an app is trusted.**')
    expect(page).toContain('an installation of their own')
  })
})
