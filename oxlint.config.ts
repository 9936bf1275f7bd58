import { floors, mayReach, reachingModules } from './packages/tenon/floors.ts'

const doors = 'Only the files that floors.ts names may reach out; all others go by the doors of outbound/.'
const reaching = {
  names: reachingModules.sockets,
  message: `${doors} They guard addresses and limits.`,
}
const programs = {
  names: reachingModules.programs,
  message: `${doors} A program or a module that is loaded by name is past every rule.`,
}
const clocks = {
  names: ['timers', 'timers/promises'],
  message: 'Time comes from base/clock.ts, so that tests and the simulation can hold it.',
}
const virtualMachine = { names: ['vm'], message: 'SEC-01: no text becomes code at run time.' }

type Ban = { names: readonly string[]; message: string }

/** What of a module reaches nothing. */
const harmless: Readonly<Record<string, string[]>> = { net: ['isIP'], module: ['enableCompileCache'] }

function paths(bans: Ban[], allowed: readonly string[] = []) {
  return bans.flatMap(({ names, message }) =>
    names
      .filter((name) => !allowed.includes(name))
      .flatMap((name) => {
        const free = { message, allowTypeImports: true, ...(harmless[name] && { allowImportNames: harmless[name] }) }
        return [name, `node:${name}`].map((spelled) => ({ name: spelled, ...free }))
      }),
  )
}

/** The same sentence that tests/architecture.test.ts gives, but in the editor. */
function upward(folder: string) {
  const floor = floors.findIndex((folders) => folders.includes(folder))
  const closed = floors
    .slice(floor)
    .flat()
    .filter((name) => name !== folder)
  return closed.map((name) => ({
    group: [`**/../${name}/**`],
    message: `Imports go down: ${folder}/ (floor ${floor}) may not import ${name}/.`,
  }))
}

const mayReadEnvironment = new Set(['cli', 'server'])

function importsOf(folder: string, allowed: readonly string[] = []) {
  const bans = [virtualMachine, reaching, programs, ...(folder === 'base' ? [] : [clocks])]
  return ['error', { paths: paths(bans, allowed), patterns: upward(folder) }]
}

const environment = {
  object: 'process',
  property: 'env',
  message: 'The environment is read in cli/ and server/ and handed down as values.',
}
const jsonParse = {
  object: 'JSON',
  property: 'parse',
  message: 'base/json.ts parses within limits and refuses __proto__.',
}
const dateNow = { object: 'Date', property: 'now', message: clocks.message }

const getBuiltin = ['getBuiltinModule', 'binding'].map((property) => ({
  object: 'process',
  property,
  message: programs.message,
}))
const globalFetch = { object: 'globalThis', property: 'fetch', message: reaching.message }
const properties = [jsonParse, dateNow, globalFetch, ...getBuiltin]

const globals = [
  ...['fetch', 'WebSocket', 'EventSource'].map((name) => ({ name, message: reaching.message })),
  { name: 'setTimeout', message: clocks.message },
  { name: 'setInterval', message: clocks.message },
]

const perFolder = floors.flat().map((folder) => ({
  files: [`packages/tenon/src/${folder}/**/*.ts`],
  rules: {
    'no-restricted-imports': importsOf(folder),
    'no-restricted-properties': ['error', ...properties, ...(mayReadEnvironment.has(folder) ? [] : [environment])],
  },
}))

const exceptions = Object.entries(mayReach).map(([file, { imports }]) => ({
  files: [`packages/tenon/src/${file}`],
  rules: { 'no-restricted-imports': importsOf(file.split('/')[0] ?? '', imports) },
}))

export default {
  plugins: ['typescript', 'unicorn', 'oxc', 'import', 'promise', 'vitest', 'react', 'jsx-a11y'],
  categories: { correctness: 'error', suspicious: 'error' },
  ignorePatterns: ['**/dist/**', '**/*.generated.ts'],
  rules: {
    complexity: ['error', 15],
    eqeqeq: 'error',
    'import/no-cycle': 'error',
    'import/no-default-export': 'error',
    'max-depth': ['error', 3],
    'max-lines': ['error', { max: 300, skipBlankLines: false, skipComments: false }],
    'max-lines-per-function': ['error', { max: 60, skipBlankLines: true, skipComments: true }],
    'max-params': ['error', 4],
    'no-eval': 'error',
    'no-new-func': 'error',
    'no-var': 'error',
    'prefer-const': 'error',
    'typescript/consistent-type-imports': ['error', { fixStyle: 'inline-type-imports' }],
    'typescript/no-explicit-any': 'error',
    'typescript/no-floating-promises': 'error',
    'typescript/no-implied-eval': 'error',
    'typescript/no-misused-promises': 'error',
    'typescript/no-non-null-assertion': 'error',
    'unicorn/filename-case': ['error', { case: 'kebabCase' }],
    'unicorn/prefer-node-protocol': 'error',
    // Against the grain of this code: awaiting in order, small local functions and callbacks inside promises are meant.
    'no-await-in-loop': 'off',
    'no-shadow': 'off',
    'no-underscore-dangle': 'off',
    'no-unmodified-loop-condition': 'off',
    'promise/always-return': 'off',
    'promise/no-callback-in-promise': 'off',
    'unicorn/consistent-function-scoping': 'off',
    'unicorn/no-array-sort': 'off',
    // Suites and properties assert inside functions that the rule does not follow.
    'vitest/expect-expect': 'off',
    // A suite defines the tests that what it is given declares.
    'vitest/no-conditional-tests': 'off',
    'vitest/no-conditional-expect': 'off',
    // Written for browsers: a worker's port has no origin.
    'unicorn/require-post-message-target-origin': 'off',
    // Ports are objects of functions that do not use `this`.
    'typescript/unbound-method': 'off',
    'import/no-named-as-default': 'off',
    'import/no-named-as-default-member': 'off',
    'import/no-unassigned-import': 'off',
    // Decoders and type machinery assert what they have just checked; `any` stays forbidden.
    'typescript/no-generated-empty-object-type': 'off',
    'typescript/no-unnecessary-type-arguments': 'off',
    'typescript/no-unnecessary-type-parameters': 'off',
    'typescript/no-unsafe-type-assertion': 'off',
  },
  overrides: [
    {
      files: ['packages/*/src/**/*.ts'],
      rules: {
        'no-console': 'error',
        'no-restricted-globals': ['error', ...globals],
        'no-restricted-imports': ['error', { paths: paths([virtualMachine, reaching, programs, clocks]) }],
        'no-restricted-properties': ['error', ...properties, environment],
      },
    },
    ...perFolder,
    ...exceptions,
    {
      files: ['packages/console/src/**/*.{ts,tsx}'],
      rules: {
        // A browser has neither our clock nor our sockets: its own are meant. SEC-01 stays.
        'no-restricted-globals': 'off',
        'no-restricted-imports': ['error', { paths: paths([virtualMachine]) }],
        'no-restricted-properties': 'off',
        'react/no-danger': 'error',
        // React 19 needs no import for JSX.
        'react/react-in-jsx-scope': 'off',
        // It names libraries that the React compiler cannot look into; we do not use that compiler.
        'react/incompatible-library': 'off',
        // A fieldset belongs to a form; what is grouped here is not always one.
        'jsx-a11y/prefer-tag-over-role': 'off',
        // It takes the cells of a table for controls; axe-core judges labels in the running page.
        'jsx-a11y/control-has-associated-label': 'off',
      },
    },
    // Only `any` accepts every flow or connector in a position that is both read and written.
    { files: ['packages/tenon/src/definition/**/*.ts'], rules: { 'typescript/no-explicit-any': 'off' } },
    { files: ['packages/tenon/src/cli/**/*.ts'], rules: { 'no-console': 'off' } },
    {
      files: ['packages/tenon/src/base/clock.ts'],
      rules: { 'no-restricted-globals': 'off', 'no-restricted-properties': 'off' },
    },
    { files: ['packages/tenon/src/base/json.ts'], rules: { 'no-restricted-properties': ['error', ...getBuiltin] } },
    {
      files: ['**/*.config.ts', 'docs/.vitepress/**', '**/app.ts', 'tests/**', 'examples/**/*.ts'],
      rules: { 'import/no-default-export': 'off' },
    },
    {
      files: [
        '**/*.test.ts',
        '**/*.test-d.ts',
        '**/*.suite.ts',
        '**/*.fixture.ts',
        'tests/**',
        'bench/**',
        'scripts/**',
        'packages/*/bin/**',
      ],
      rules: {
        complexity: 'off',
        'max-lines': 'off',
        'max-lines-per-function': 'off',
        'no-console': 'off',
        'no-restricted-globals': 'off',
        'no-restricted-imports': 'off',
        'no-restricted-properties': 'off',
        'typescript/no-non-null-assertion': 'off',
      },
    },
  ],
}
