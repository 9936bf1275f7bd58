// The floors of src/, as data: tests/architecture.test.ts judges by it, and oxlint.config.ts makes its import bans from it.

/** From the ground up. A folder imports from folders below its own floor; never from above, never from beside. */
export const floors: readonly (readonly string[])[] = [
  ['base'],
  ['definition', 'postgres', 'sqlite', 'telemetry'],
  ['journal', 'store', 'protocol', 'outbound', 'simulator'],
  ['connection'],
  ['client'],
  ['engine'],
  ['trigger', 'sync', 'publish', 'drift', 'insight'],
  ['server'],
  ['cli', 'testing'],
]

/** `base` is closed: what is needed by all may enter, by a change of this line. */
export const baseFiles: readonly string[] = ['clock', 'duration', 'errors', 'ids', 'json', 'schema', 'secret']

/** Folders without a face file of their own name, and why. */
export const faceless: Readonly<Record<string, string>> = {
  base: 'a closed list of files without a common noun',
  definition: 'one file per kind of definition; the package door is their face',
}

/** The files that may re-export: those that the package's exports open. */
export const doors: readonly string[] = [
  'index.ts',
  'journal/memory.ts',
  'journal/sqlite.ts',
  'simulator/simulator.ts',
  'testing/testing.ts',
]

/** Names that say nothing about what is inside. */
export const forbiddenNames: readonly string[] = [
  'common',
  'core',
  'handler',
  'helper',
  'helpers',
  'manager',
  'managers',
  'misc',
  'service',
  'services',
  'shared',
  'util',
  'utils',
]

export const maxLines = 300

/** Hand-written files that may be longer than `maxLines`, each with its written reason; paths from the repository's root. */
export const longFiles: Readonly<Record<string, string>> = {}
