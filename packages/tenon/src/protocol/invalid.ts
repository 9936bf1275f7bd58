import { TenonError } from '../base/errors.ts'

/** A description that cannot be used: where it is wrong, what was found, and what to do. */
export function descriptionInvalid(
  location: string,
  place: string,
  problem: string,
  details: Readonly<Record<string, unknown>> = {},
): TenonError {
  return new TenonError('DESCRIPTION_INVALID', `${location}${place === '' ? '' : ` at ${place}`}: ${problem}`, {
    details: { location, place, ...details },
  })
}
