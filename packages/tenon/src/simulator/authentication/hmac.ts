import { randomBytes } from 'node:crypto'
import { TenonError } from '../../base/errors.ts'
import type { HmacSettings } from '../../definition/auth/hmac.ts'
import {
  filled,
  momentAt,
  piecesOf,
  placesIn,
  signatureOf,
  timePlaces,
  type Moment,
  type SignedRequest,
  type Signing,
} from '../../definition/auth/signing.ts'
import { percentEncoded, splitPath } from '../../definition/request-text.ts'
import type { RawRequest } from '../../definition/verifier.ts'
import { asSigned, equal, signed, type AuthenticationCheck, type CredentialsMaker } from '../authentication.ts'
import { nonces, timeProblem } from '../nonces.ts'

/** What the scheme adds to a request, and what of it came. */
interface Part {
  readonly name: string
  readonly template: string
  readonly given: (request: RawRequest) => string | undefined
}

export const makeCredentials: CredentialsMaker = (declared) => {
  const { secret, secretEncoding } = declared as HmacSettings
  return secretEncoding === 'text' ? {} : { [secret]: randomBytes(32).toString(secretEncoding) }
}

/** Reads time and nonce from where the connector says that they stand, and signs the request again. */
export const check: AuthenticationCheck = (context) => {
  const settings = context.connector.options.auth.settings as HmacSettings
  const parts = partsOf(settings)
  requireTold(context.connector.name, settings, parts)
  const { [settings.secret]: secret = '', ...fields } = context.credentials
  const key = Buffer.from(secret, settings.secretEncoding === 'text' ? 'utf8' : settings.secretEncoding)
  const isNew = nonces(context)
  const ownNames = new Set(settings.query.map(([name]) => name))

  function problemIn(request: RawRequest): string | null {
    const told: Told = new Map()
    for (const part of parts) {
      const given = part.given(request)
      if (given === undefined || !read(part.template, given, told)) return `${part.name} is missing or has another form`
    }
    const moment = momentOf(told)
    const timed = timePlaces.some((place) => told.has(place))
    const wrongTime = timed ? timeProblem(timeOf(told), context.simulation.now()) : null
    if (wrongTime !== null) return wrongTime
    const signing = { settings, fields, moment, request: unsigned(asSigned(request), settings) }
    const wrong = parts.find((part) => !isRight(part, { request, signing, key }))
    if (wrong !== undefined) return wrong.template.includes('{signature}') ? 'the signature does not match' : `${wrong.name} does not match` // prettier-ignore
    return told.has('nonce') && !isNew(moment.nonce) ? 'the nonce was used before' : null
  }

  return { ...signed(problemIn), ownsQuery: (name) => ownNames.has(name) }
}

function partsOf({ headers, query }: HmacSettings): readonly Part[] {
  return [
    ...headers.map(([name, template]) => ({
      name: `the header ${name.toLowerCase()}`,
      template,
      given: (request: RawRequest) => request.headers[name.toLowerCase()],
    })),
    ...query.map(([name, template]) => ({
      name: `${name} in the query`,
      template,
      given: (request: RawRequest) => request.query[name],
    })),
  ]
}

/** A provider can only sign again what the request tells it. */
function requireTold(connector: string, { sign }: HmacSettings, parts: readonly Part[]): void {
  const shown = new Set(parts.flatMap(({ template }) => placesIn(template)))
  const isTime = (place: string): boolean => timePlaces.includes(place)
  const hidden = placesIn(sign).find((place) =>
    isTime(place) ? !timePlaces.some((time) => shown.has(time)) : place === 'nonce' && !shown.has(place),
  )
  const missing = shown.has('signature') ? hidden : 'signature'
  if (missing === undefined) return
  throw new TenonError(
    'APP_INVALID',
    `a simulator cannot check the signatures of ${connector}: {${missing}} stands in no header and nowhere in the query; add it to hmacSigned's headers or query`,
  )
}

/** The texts of places, as they came. */
type Told = Map<string, string>

/** Takes what only the sender knows out of a value; false for one of another form. */
function read(template: string, given: string, told: Told): boolean {
  const pieces = piecesOf(template)
  const [first = ''] = pieces
  if (!given.startsWith(first)) return false
  let at = first.length
  for (let index = 1; index < pieces.length; index += 2) {
    const [place = '', text = ''] = pieces.slice(index, index + 2)
    const end = index + 2 === pieces.length ? given.length - text.length : given.indexOf(text, at)
    if (end < at || !given.startsWith(text, end)) return false
    if (place === 'nonce' || timePlaces.includes(place)) told.set(place, given.slice(at, end))
    at = end + text.length
  }
  return at === given.length
}

function timeOf(told: Told): number {
  const [milliseconds, seconds] = [told.get('milliseconds'), told.get('seconds')]
  if (milliseconds !== undefined) return Number(milliseconds || Number.NaN)
  if (seconds !== undefined) return Number(seconds || Number.NaN) * 1000
  return Date.parse(told.get('iso') ?? told.get('httpDate') ?? '')
}

/** As it was written where it was, else written from the time that was. */
function momentOf(told: Told): Moment {
  const timeMs = timeOf(told)
  const derived = momentAt(Number.isNaN(timeMs) ? 0 : timeMs, '')
  return { ...derived, ...Object.fromEntries(told) }
}

/** As it was before there was a signature. */
function unsigned(request: SignedRequest, { query }: HmacSettings): SignedRequest {
  const names = query.filter(([, template]) => template.includes('{signature}')).map(([name]) => percentEncoded(name))
  const [path, given] = splitPath(request.path)
  const left = given.split('&').filter((pair) => pair !== '' && !names.includes(pair.split('=')[0] ?? ''))
  return { ...request, path: left.length === 0 ? path : `${path}?${left.join('&')}` }
}

function isRight(
  { template, given }: Part,
  { request, signing, key }: { readonly request: RawRequest; readonly signing: Signing; readonly key: Buffer },
): boolean {
  const signature = template.includes('{signature}') ? signatureOf(key, signing) : ''
  return equal(given(request) ?? '', String(filled(template, signing, signature)))
}
