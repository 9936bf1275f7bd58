import { systemClock } from '../base/clock.ts'
import { TenonError } from '../base/errors.ts'
import { createLog, logLevels } from '../telemetry/log.ts'
import { createRedactor, type Redactor } from '../telemetry/redact.ts'
import type { Log } from '../telemetry/telemetry.ts'

const forms = ['json', 'pretty'] as const

/**
 * The log of a process that works on its own. `TENON_LOG` is the least that is written (info, warn, error, silent), `TENON_LOG_FORM` its form (json, pretty). By itself a
 * person at a terminal gets warnings, readable, and a machine gets everything as JSON. Throws `INPUT_INVALID` for another value.
 */
export function openProcessLog(
  environment: Readonly<Record<string, string | undefined>>,
  stream: { readonly isTTY?: boolean; write(text: string): unknown },
): { readonly log: Log; readonly redactor: Redactor } {
  const isPerson = stream.isTTY === true
  const redactor = createRedactor()
  const log = createLog({
    clock: systemClock,
    redactor,
    form: chosen(environment, 'TENON_LOG_FORM', forms) ?? (isPerson ? 'pretty' : 'json'),
    level: chosen(environment, 'TENON_LOG', logLevels) ?? (isPerson ? 'warn' : 'info'),
    write: (line) => void stream.write(line),
  })
  return { log, redactor }
}

function chosen<Value extends string>(
  environment: Readonly<Record<string, string | undefined>>,
  variable: string,
  values: readonly Value[],
): Value | undefined {
  const given = environment[variable] ?? ''
  if (given === '') return undefined
  const found = values.find((value) => value === given)
  if (found === undefined)
    throw new TenonError('INPUT_INVALID', `${variable} is ${JSON.stringify(given)}; it can be ${values.join(', ')}.`)
  return found
}
