import { TenonError } from '../base/errors.ts'
import type { App, SimulatorDefinition } from '../definition/app.ts'
import { checkApp } from '../definition/check.ts'
import type { Connector } from '../definition/connector.ts'
import type { Uses } from '../definition/flow.ts'
import { isObject, shown } from '../definition/problem.ts'
import { describeProblems } from '../server/load-app.ts'
import { eventTypesInUse } from '../trigger/trigger.ts'

/** The app with a simulator for everything that it could call. Throws `APP_INVALID`. */
export function soundApp(app: App, more: readonly SimulatorDefinition[]): App {
  if (!isObject(app) || app.kind !== 'app')
    throw new TenonError('APP_INVALID', `what is tested is ${shown(app)}, not an app: give what defineApp made`)
  const replaced = new Set(more.map(({ connector }) => connector.name))
  const own = (app.options.simulators ?? []).filter(({ connector }) => !replaced.has(connector.name))
  const meant: App = { kind: 'app', options: { ...app.options, simulators: [...own, ...more] } }
  const problems = checkApp(meant)
  if (problems.length > 0)
    throw new TenonError('APP_INVALID', describeProblems('the app', problems), { details: { problems } })
  const simulated = new Set(meant.options.simulators?.map(({ connector }) => connector.name))
  const missing = [...connectorsOf(meant)].filter((name) => !simulated.has(name))
  if (missing.length === 0) return meant
  throw new TenonError(
    'APP_INVALID',
    `there is no simulator of ${missing.join(', ')}: a test calls no real provider. Add one to simulators of the app, or of testApp.`,
  )
}

function connectorsOf(app: App): ReadonlySet<string> {
  const names = new Set([...eventTypesInUse(app).keys()].map(({ name }) => name))
  for (const { options } of app.options.flows)
    for (const use of Object.values((options.uses ?? {}) as Uses))
      names.add(((use.kind === 'connector' ? use : use.connector) as Connector).name)
  return names
}
