// The process that holds the app during development: it loads the code once, and when the code changes another process takes over.
import { enableCompileCache } from 'node:module'

enableCompileCache()
// As in cli.ts.
process.report.excludeEnv = true
const { followImports } = await import('./imports.ts')
const { answerOrders } = await import('./app-host.ts')

followImports((path) => process.send?.({ said: 'file', path }))
answerOrders()
