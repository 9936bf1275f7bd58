import { enableCompileCache } from 'node:module'

// Before anything else is loaded: a second start skips the compiling of everything that follows.
enableCompileCache()
// Whoever reads may stop reading, as `head` does.
process.stdout.on('error', (error: NodeJS.ErrnoException) => {
  if (error.code !== 'EPIPE') throw error
})
const { runCommandLine } = await import('./program.ts')
process.exitCode = await runCommandLine(process.argv.slice(2))
