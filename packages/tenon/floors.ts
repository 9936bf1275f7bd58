// The floors of src/, as data: tests/architecture.test.ts judges by it, and oxlint.config.ts makes its import bans from it.

/** From the ground up. A folder imports from folders below its own floor; never from above, never from beside. */
export const floors: readonly (readonly string[])[] = [
  ['base'],
  ['definition', 'postgres', 'schema', 'sqlite', 'telemetry'],
  ['journal', 'store', 'protocol', 'outbound', 'simulator'],
  ['connection', 'generator'],
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

/** What opens sockets or asks for addresses, and what starts programs or loads modules by name. */
export const reachingModules: Readonly<Record<'sockets' | 'programs', readonly string[]>> = {
  sockets: ['http', 'https', 'http2', 'net', 'tls', 'dgram', 'dns', 'dns/promises', 'undici', 'pg'],
  programs: ['child_process', 'cluster', 'inspector', 'inspector/promises', 'module', 'repl', 'wasi'],
}

interface Reach {
  readonly imports: readonly string[]
  readonly why: string
}

/**
 * Files of `src/` that may import one of them: which, and why. Nothing else
 * may: it goes by the doors of `outbound/` (EGR-01, EGR-06, SEC-06). Types are free, and so is what reaches nothing: `isIP`, `enableCompileCache`.
 */
export const mayReach: Readonly<Record<string, Reach>> = {
  'cli/commands/init.ts': { imports: ['child_process'], why: 'installs the packages of a new project' },
  'cli/dev/app-process.ts': { imports: ['child_process'], why: 'the app runs in a process of its own' },
  'cli/dev/imports.ts': { imports: ['module'], why: 'sees which files an app imports' },
  'cli/dev/standstill-thread.ts': {
    imports: ['inspector', 'net'],
    why: 'looks where the main thread stands, and tells it by the pipe to the parent, which is there already',
  },
  'cli/dev/type-check.ts': { imports: ['child_process', 'module'], why: "runs the project's own compiler" },
  'cli/doctor/environment.ts': { imports: ['module'], why: "finds the project's own Tenon" },
  'cli/node-on-path.ts': { imports: ['child_process'], why: 'asks the Node on the path for its version' },
  'connection/vault/command.ts': { imports: ['child_process'], why: 'the master key in the hands of a program' },
  'journal/sqlite/crash-parent.ts': { imports: ['child_process'], why: 'tests kill a writer' },
  'outbound/connect.ts': { imports: ['net', 'tls'], why: 'the door for other protocols' },
  'outbound/egress.ts': { imports: ['dns/promises', 'undici'], why: 'the door of HTTP, and the one look-up' },
  'outbound/origin-pool.ts': { imports: ['undici'], why: 'keeps the sockets that the door of HTTP opened' },
  'outbound/tls.ts': { imports: ['tls'], why: 'reads certificates; opens nothing' },
  'postgres/session.ts': { imports: ['net', 'pg'], why: "the operator's own database, which is mostly inside" },
  'server/console/files.ts': { imports: ['module'], why: 'finds the built console' },
  'server/front-door.ts': {
    imports: ['net'],
    why: 'holds the port, and goes on to the server behind it on this machine',
  },
  'server/management-client.ts': {
    imports: ['http', 'https'],
    why: 'the command line calls its own server, or the one that its operator names',
  },
  'server/open-hooks.ts': { imports: ['tls'], why: 'reads the list of public authorities; opens nothing' },
  'server/port-check.ts': { imports: ['net'], why: 'looks whether a port is free; calls nobody' },
  'simulator/listener.ts': { imports: ['http', 'https', 'tls'], why: 'listens in place of a provider' },
  'simulator/poster.ts': { imports: ['http'], why: 'delivers webhooks to this machine only' },
  'telemetry/exposition.ts': { imports: ['module'], why: 'loads a library when it is asked for metrics' },
  'telemetry/log.ts': { imports: ['module'], why: 'loads a library when there is something to log' },
}
