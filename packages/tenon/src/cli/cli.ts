import { enableCompileCache } from 'node:module'

// Before anything else is loaded: a second start skips the compiling of everything that follows.
enableCompileCache()
const { runCommandLine } = await import('./program.ts')
process.exitCode = await runCommandLine(process.argv.slice(2))
