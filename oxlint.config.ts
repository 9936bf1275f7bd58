import { floors } from './packages/tenon/floors.ts'

const network = {
  names: ['http', 'https', 'http2', 'net', 'tls', 'dgram'],
  message:
    'Only outbound/ calls out (address guard, limits, time-outs), postgres/ to the database; only server/ and simulator/ listen.',
}
const clocks = {
  names: ['timers', 'timers/promises'],
  message: 'Time comes from base/clock.ts, so that tests and the simulation can hold it.',
}
const virtualMachine = { names: ['vm'], message: 'SEC-01: no text becomes code at run time.' }
const client = { names: ['undici'], message: 'Calls go through outbound/, which guards and limits them.' }

type Ban = { names: string[]; message: string }

const paths = (bans: Ban[]) =>
  bans.flatMap(({ names, message }) =>
    names.flatMap((name) => [
      { name, message },
      { name: `node:${name}`, message },
    ]),
  )

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

const mayOpenSockets = new Set(['outbound', 'postgres', 'server', 'simulator'])
const mayReadEnvironment = new Set(['cli', 'server'])

function importsOf(folder: string) {
  const bans = [virtualMachine]
  if (!mayOpenSockets.has(folder)) bans.push(network)
  if (folder !== 'outbound') bans.push(client)
  if (folder !== 'base') bans.push(clocks)
  return ['error', { paths: paths(bans), patterns: upward(folder) }]
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

const globals = [
  { name: 'fetch', message: client.message },
  { name: 'WebSocket', message: client.message },
  { name: 'setTimeout', message: clocks.message },
  { name: 'setInterval', message: clocks.message },
]

const perFolder = floors.flat().map((folder) => ({
  files: [`packages/tenon/src/${folder}/**/*.ts`],
  rules: {
    'no-restricted-imports': importsOf(folder),
    'no-restricted-properties': ['error', jsonParse, dateNow, ...(mayReadEnvironment.has(folder) ? [] : [environment])],
  },
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
        'no-restricted-imports': ['error', { paths: paths([virtualMachine, network, client, clocks]) }],
        'no-restricted-properties': ['error', jsonParse, dateNow, environment],
      },
    },
    ...perFolder,
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
    { files: ['packages/tenon/src/base/json.ts'], rules: { 'no-restricted-properties': 'off' } },
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
