import { enableCompileCache } from 'node:module'

// Before anything else is loaded: a second start skips the compiling of everything that follows.
enableCompileCache()
// A report that Node was told to write, as in a crash, holds no values of the program, but all of the environment.
process.report.excludeEnv = true
const { runCommandLine } = await import('./program.ts')
process.exitCode = await runCommandLine(process.argv.slice(2))
