import { invalid } from './dialect.ts'
import { propertyOf } from './definitions.ts'
import { nameOf, type Kind, type Portal } from './portal.ts'
import type { Property } from './objects.ts'

const readOnly = new Set(['hs_object_id', 'createdate', 'lastmodifieddate', 'hs_lastmodifieddate'])

interface Wrong {
  readonly name: string
  readonly code: string
  readonly message: string
}

/** The values as they are kept. Rejects with all that are wrong, as HubSpot does. */
export function sound(portal: Portal, kind: Kind, given: unknown): Record<string, string> {
  const values = straightened(given as Readonly<Record<string, string>>)
  const wrong = wrongIn(portal, kind, values)
  if (wrong.length === 0) return values
  const errors = wrong.map(({ name, code, message }) => ({ message, code, context: { propertyName: [name] } }))
  const listed = JSON.stringify(
    wrong.map(({ name, code, message }) => ({ isValid: false, message, error: code, name })),
  )
  return invalid(portal.simulation, `Property values were not valid: ${listed}`, { errors })
}

export function straightened(given: Readonly<Record<string, string>>): Record<string, string> {
  const { email, ...rest } = given
  return email === undefined ? rest : { ...rest, email: email.toLowerCase() }
}

export function wrongIn(portal: Portal, kind: Kind, values: Readonly<Record<string, string>>): Wrong[] {
  return Object.entries(values).flatMap(([name, value]) => {
    const property = propertyOf(portal, kind, name)
    const problem =
      property === undefined ? unknown(name) : readOnly.has(name) ? fixed(name) : wrongFor(property, value)
    return problem === null ? [] : [problem]
  })

  function unknown(name: string): Wrong {
    return { name, code: 'PROPERTY_DOESNT_EXIST', message: `Property "${name}" of ${nameOf(kind)} does not exist` }
  }
}

const fixed = (name: string): Wrong => ({
  name,
  code: 'READ_ONLY_VALUE',
  message: `"${name}" is a read only property; its value cannot be set`,
})

function wrongFor({ name, type, options }: Property, value: string): Wrong | null {
  if (value === '') return null
  const told = (code: string, message: string): Wrong => ({ name, code, message })
  if (name === 'email' && !/^[^\s@]+@[^\s@]+\.[^\s@]+$/.test(value))
    return told('INVALID_EMAIL', `Email address ${value} is invalid`)
  switch (type) {
    case 'number':
      return Number.isFinite(Number(value)) ? null : told('INVALID_DOUBLE', `${value} was not a valid number.`)
    case 'date':
    case 'datetime':
      return Number.isNaN(/^-?\d+$/.test(value) ? Number(value) : Date.parse(value))
        ? told('INVALID_DATE', `${value} was not a valid long.`)
        : null
    case 'enumeration': {
      const allowed = options.map((option) => option.value)
      return allowed.includes(value)
        ? null
        : told('INVALID_OPTION', `${value} was not one of the allowed options: [${allowed.join(', ')}]`)
    }
    default:
      return null
  }
}
