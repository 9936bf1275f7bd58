import { createHmac, hash } from 'node:crypto'
import type { AwsSignatureSettings } from '../../definition/auth/aws-signature.ts'
import type { SignedRequest } from '../../definition/auth/signing.ts'
import { headerIn, order, percentEncoded, splitPath } from '../../definition/request-text.ts'
import { asSigned, equal, signed, type AuthenticationCheck } from '../authentication.ts'
import { timeProblem } from '../nonces.ts'

const form = /^AWS4-HMAC-SHA256 Credential=([^,\s]+),\s*SignedHeaders=([a-z\d;-]+),\s*Signature=([a-f\d]{64})$/

/** AWS, "Create a signed AWS API request", as the other side reads it. */
export const check: AuthenticationCheck = ({ connector, credentials, simulation }) => {
  const settings = connector.options.auth.settings as AwsSignatureSettings
  const { service, region } = settings
  const session = credentials['sessionToken'] ?? ''

  const sign = (scope: readonly string[], text: string): string =>
    hmac(scope.reduce<Buffer>(hmac, Buffer.from(`AWS4${credentials['secretAccessKey'] ?? ''}`)), text).toString('hex')

  return signed((raw) => {
    const request = asSigned(raw)
    const found = form.exec(headerIn(request.headers, 'authorization'))
    if (found === null) return 'there is no Authorization of AWS4-HMAC-SHA256'
    const [, credential, names, signature] = found as unknown as readonly [string, string, string, string]
    const time = headerIn(request.headers, 'x-amz-date')
    const [id = '', ...given] = credential.split('/')
    if (!equal(id, credentials['accessKeyId'] ?? '')) return 'the access key ID is not one of an account'
    const scope = [time.slice(0, 8), region, service, 'aws4_request']
    if (given.join('/') !== scope.join('/')) return `the credential's scope is not ${scope.join('/')}`
    const wrongTime = timeProblem(timeOf(time), simulation.now())
    if (wrongTime !== null) return wrongTime
    const covered = names.split(';')
    const uncovered = mustBeCovered(request).find((name) => !covered.includes(name))
    if (uncovered !== undefined) return `the header ${uncovered} is not signed`
    if (!equal(headerIn(request.headers, 'x-amz-security-token'), session)) return 'the session token is not right'
    const content = contentOf(request, settings)
    if (content === null) return 'x-amz-content-sha256 is missing, or not the hash of the body'
    const digest = hash('sha256', canonical(request, covered, content, service))
    return equal(signature, sign(scope, `AWS4-HMAC-SHA256\n${time}\n${scope.join('/')}\n${digest}`))
      ? null
      : 'the signature does not match'
  })
}

function hmac(key: Buffer, text: string): Buffer {
  return createHmac('sha256', key).update(text).digest()
}

/** Of `20150830T123600Z`. */
function timeOf(text: string): number {
  const [, ...parts] = /^(\d{4})(\d\d)(\d\d)T(\d\d)(\d\d)(\d\d)Z$/.exec(text) ?? []
  const [year, month, day, hour, minute, second] = parts
  return Date.parse(`${year}-${month}-${day}T${hour}:${minute}:${second}Z`)
}

function mustBeCovered({ headers }: SignedRequest): readonly string[] {
  return ['host', ...headers.filter((name, index) => index % 2 === 0 && name.startsWith('x-amz-'))]
}

/** The hash that the request names; `null` for one that is not of this body. */
function contentOf({ headers, body }: SignedRequest, { service, payload }: AwsSignatureSettings): string | null {
  const named = headerIn(headers, 'x-amz-content-sha256')
  const own = hash('sha256', body ?? '')
  if (named === 'UNSIGNED-PAYLOAD') return payload === 'unsigned' || service === 's3' ? named : null
  if (named === '') return service === 's3' ? null : own
  return named === own ? named : null
}

function canonical(request: SignedRequest, covered: readonly string[], content: string, service: string): string {
  const [path, query] = splitPath(request.path)
  const parameters = [...new URLSearchParams(query)]
    .map(([name, value]) => [percentEncoded(name), percentEncoded(value)] as const)
    .toSorted(([name, value], [other, otherValue]) => order(name, other) || order(value, otherValue))
    .map((pair) => pair.join('='))
  const lines = covered.map((name) => `${name}:${headerIn(request.headers, name).trim().replace(/ +/g, ' ')}`)
  const shown = path.split('/').map((part) => percentEncoded(service === 's3' ? decoded(part) : part))
  return [request.method, shown.join('/'), parameters.join('&'), ...lines, '', covered.join(';'), content].join('\n')
}

function decoded(part: string): string {
  try {
    return decodeURIComponent(part)
  } catch {
    return part
  }
}
