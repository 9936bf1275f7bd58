import { constants, createPublicKey, generateKeyPairSync, verify, type KeyObject } from 'node:crypto'
import { parseJson } from '../../base/json.ts'
import { pkcs8, privateKeyIn } from '../certificate.ts'

/** What an assertion must say (RFC 7523 §3). */
export interface ExpectedAssertion {
  readonly publicKey: KeyObject
  readonly algorithm: string
  readonly issuer: string
  /** Undefined where it may name nobody. */
  readonly subject: string | undefined
  /** Any of these. */
  readonly audiences: readonly string[]
  /** Undefined where the provider knows one key. */
  readonly keyId: string | undefined
  readonly nowMs: number
}

/** As most providers have it: no longer than an hour, clocks a minute apart. */
const [longestS, leewayS] = [3600, 60]

/** What an assertion says, or what is wrong with it. */
export function readAssertion(
  text: string,
  expected: ExpectedAssertion,
): { readonly claims: Readonly<Record<string, unknown>> } | { readonly problem: string } {
  const [head = '', body = '', signature = '', ...more] = text.split('.')
  const [header, claims] = [partOf(head), partOf(body)]
  if (header === null || claims === null || more.length > 0) return { problem: 'the assertion is no JWT' }
  const problem = problemIn(header, claims, expected)
  if (problem !== null) return { problem }
  const isGenuine = isSigned(`${head}.${body}`, Buffer.from(signature, 'base64url'), expected)
  return isGenuine ? { claims } : { problem: 'the signature of the assertion does not match' }
}

type Members = Readonly<Record<string, unknown>>

function problemIn(header: Members, claims: Members, expected: ExpectedAssertion): string | null {
  const { algorithm, issuer, subject, audiences, keyId } = expected
  if (header['alg'] !== algorithm) return `alg of the assertion is not ${algorithm}`
  if (keyId !== undefined && header['kid'] !== keyId) return 'kid of the assertion is not that of a key'
  if (claims['iss'] !== issuer) return 'iss of the assertion is not that of an account'
  if (claims['sub'] !== subject) return 'sub of the assertion is not whom the account may act for'
  const named = [claims['aud']].flat()
  if (!audiences.some((one) => named.includes(one))) return `aud of the assertion is not ${audiences.join(' or ')}`
  const { iat, exp } = claims
  if (typeof exp !== 'number' || typeof iat !== 'number') return 'iat or exp of the assertion is missing'
  const nowS = expected.nowMs / 1000
  if (iat > nowS + leewayS) return 'iat of the assertion is in the future'
  if (exp <= nowS - leewayS) return 'the assertion has expired'
  return exp - iat > longestS ? `the assertion is good for more than ${longestS} s` : null
}

function partOf(text: string): Members | null {
  try {
    const value = parseJson(Buffer.from(text, 'base64url').toString())
    return typeof value === 'object' && value !== null ? (value as Members) : null
  } catch {
    return null
  }
}

/** RFC 7518 §3.1, RFC 8037 §3.1. */
function isSigned(text: string, signature: Buffer, { algorithm, publicKey }: ExpectedAssertion): boolean {
  const bits = /^[REP]S(256|384|512)$/.exec(algorithm)?.[1]
  const pss = { padding: constants.RSA_PKCS1_PSS_PADDING, saltLength: constants.RSA_PSS_SALTLEN_DIGEST }
  const how = algorithm.startsWith('PS') ? pss : algorithm.startsWith('ES') ? { dsaEncoding: 'ieee-p1363' as const } : {} // prettier-ignore
  try {
    return verify(bits === undefined ? null : `sha${bits}`, Buffer.from(text), { key: publicKey, ...how }, signature)
  } catch {
    return false
  }
}

/** PKCS #8 in PEM, for that algorithm. */
export function makeSigningKey(algorithm: string): string {
  const curves: Readonly<Record<string, string>> = { ES256: 'P-256', ES384: 'P-384', ES512: 'P-521' }
  const curve = curves[algorithm]
  if (curve !== undefined) return pkcs8(generateKeyPairSync('ec', { namedCurve: curve }).privateKey)
  if (algorithm.startsWith('Ed')) return pkcs8(generateKeyPairSync('ed25519').privateKey)
  return pkcs8(generateKeyPairSync('rsa', { modulusLength: 2048 }).privateKey)
}

/** Of the private key that the account has: a provider would know only this half. */
export function publicKeyIn(credentials: Readonly<Record<string, string>>, field: string): KeyObject {
  return createPublicKey(privateKeyIn(credentials, field))
}
