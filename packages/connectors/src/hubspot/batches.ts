import { Answer } from 'tenon/simulator'
import { failure, invalid } from './dialect.ts'
import { usual } from './definitions.ts'
import { timeOf, type Kind, type Portal } from './portal.ts'
import { add, change, find, shown, shownAs } from './records.ts'
import { straightened, wrongIn } from './values.ts'

interface Read {
  readonly inputs: readonly { readonly id: string }[]
  readonly idProperty?: string | undefined
  readonly properties?: readonly string[] | undefined
}

/** Those that are there; of the others an error says which they are, with status 207. */
export function read(portal: Portal, kind: Kind, { inputs, idProperty, properties }: Read): Answer {
  const rows = inputs.map(({ id }) => [id, find(portal, kind, { id, idProperty })] as const)
  const results = rows.flatMap(([, row]) => (row === undefined ? [] : [shownAs(kind, row, properties)]))
  const missing = rows.filter(([, row]) => row === undefined).map(([id]) => id)
  const errors =
    missing.length === 0
      ? []
      : [failure(portal.simulation, 'OBJECT_NOT_FOUND', 'Could not get some objects', { context: { ids: missing } })]
  return answer(portal, results, errors)
}

interface Upsert {
  readonly inputs: readonly { readonly id: string; readonly idProperty: string; readonly properties: unknown }[]
}

export function upsert(portal: Portal, kind: Kind, { inputs }: Upsert): Answer {
  const { simulation } = portal
  if (new Set(inputs.map(({ id }) => id.toLowerCase())).size < inputs.length)
    invalid(simulation, 'Duplicate IDs found in batch input')
  const errors: unknown[] = []
  const results = inputs.flatMap(({ id, idProperty, properties }) => {
    const found = find(portal, kind, { id, idProperty })
    const isNew = found === undefined
    const values = straightened({
      ...(properties as Record<string, string>),
      ...(isNew && { [idProperty]: id }),
    })
    const wrong = wrongIn(portal, kind, values)
    if (wrong.length > 0) {
      const message = wrong.map((one) => one.message).join('; ')
      errors.push(failure(simulation, 'VALIDATION_ERROR', message, { context: { ids: [id] } }))
      return []
    }
    const row = isNew ? add(portal, kind, values) : change(portal, kind, found, values)
    return [{ ...shown(row, [...usual[kind], ...Object.keys(values)]), new: isNew }]
  })
  return answer(portal, results, errors)
}

function answer(portal: Portal, results: readonly unknown[], errors: readonly unknown[]): Answer {
  const now = timeOf(portal)
  const body = { status: 'COMPLETE', results, startedAt: now, completedAt: now }
  return errors.length === 0 ? new Answer(200, body) : new Answer(207, { ...body, numErrors: errors.length, errors })
}
