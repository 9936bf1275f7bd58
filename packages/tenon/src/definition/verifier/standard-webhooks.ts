import { createHash, createHmac, createPrivateKey, createPublicKey, sign, verify, type KeyObject } from 'node:crypto'
import { durationMs, type Duration } from '../../base/duration.ts'
import { TenonError } from '../../base/errors.ts'
import { equalText, invalid, requireHeader, requireRecent, type Verifier } from '../verifier.ts'

const leastBytes = 24
const base64 = /^(?:[A-Za-z\d+/]{4})*(?:[A-Za-z\d+/]{2}==|[A-Za-z\d+/]{3}=)?$/
/** A raw Ed25519 key in DER (RFC 8410 §4 and §7). */
const publicHead = Buffer.from('302a300506032b6570032100', 'hex')
const privateHead = Buffer.from('302e020100300506032b657004220420', 'hex')

export interface StandardWebhooksOptions {
  readonly field: string
  /** Before `id`, `timestamp` and `signature` in the headers' names; default `webhook-`, at Svix also `svix-`. */
  readonly prefix?: string
  /** Default 5 minutes, in both directions. */
  readonly tolerance?: Duration
}

/**
 * Standard Webhooks: `v1` (HMAC-SHA256, secret `whsec_…`) and `v1a` (Ed25519, public key `whpk_…`), each over `<id>.<timestamp>.<body>`. Any one of several
 * signatures may be valid.
 */
export function standardWebhooks({ field, prefix = 'webhook-', tolerance = '5m' }: StandardWebhooksOptions): Verifier {
  const [idHeader, timeHeader, signatureHeader] = ['id', 'timestamp', 'signature'].map((name) => prefix + name) as [
    string,
    string,
    string,
  ]
  const toleranceS = durationMs(tolerance) / 1000
  return {
    describe: `Standard Webhooks signature in ${signatureHeader}`,
    field,
    verify(request, secrets, nowMs) {
      const id = requireHeader(request, idHeader)
      const time = requireHeader(request, timeHeader)
      const signatures = requireHeader(request, signatureHeader).split(' ')
      // With a dot in it, what belongs to the id and what to the body could be told in two ways.
      if (id.includes('.')) throw invalid(`${idHeader} has a dot`)
      if (!/^\d{1,12}$/.test(time)) throw invalid(`${timeHeader} is not a time in seconds`)
      const content = Buffer.concat([Buffer.from(`${id}.${time}.`), request.body])
      if (!secrets.some((secret) => keyOf(secret, field).isGenuine(content, signatures)))
        throw invalid(`no signature in ${signatureHeader} matches`)
      requireRecent(Number(time) * 1000, nowMs, toleranceS, timeHeader)
    },
    sign(body, secret, nowMs) {
      const time = String(Math.floor(nowMs / 1000))
      const id = `msg_${createHash('sha256').update(body).digest('base64url').slice(0, 27)}`
      const content = Buffer.from(`${id}.${time}.${body}`)
      const secrets = typeof secret === 'string' ? [secret] : secret
      const signatures = secrets.map((one) => signed(content, one))
      return { [idHeader]: id, [timeHeader]: time, [signatureHeader]: signatures.join(' ') }
    },
  }
}

interface Key {
  isGenuine(content: Buffer, signatures: readonly string[]): boolean
}

/** Throws `SIGNATURE_INVALID` for a key that proves nothing: too short to be one, or not of the form. */
function keyOf(secret: string, field: string): Key {
  if (secret.startsWith('whpk_')) return publicKey(bytesOf(secret, field))
  const key = bytesOf(secret, field)
  if (key.length < leastBytes)
    throw invalid(`the webhook secret ${field} has ${key.length} bytes: less than ${leastBytes} are no secret`)
  return {
    isGenuine(content, signatures) {
      const expected = `v1,${hmac(key, content)}`
      return signatures.some((signature) => equalText(signature, expected))
    },
  }
}

function publicKey(raw: Buffer): Key {
  let key: KeyObject
  try {
    key = createPublicKey({ key: Buffer.concat([publicHead, raw]), format: 'der', type: 'spki' })
  } catch {
    throw invalid('the webhook key is no Ed25519 public key')
  }
  return {
    isGenuine: (content, signatures) =>
      signatures.some((signature) => {
        if (!signature.startsWith('v1a,')) return false
        const text = signature.slice(4)
        return base64.test(text) && verify(null, content, key, Buffer.from(text, 'base64'))
      }),
  }
}

function bytesOf(secret: string, field: string): Buffer {
  const text = secret.replace(/^wh(?:sec|pk|sk)_/, '')
  if (!base64.test(text)) throw invalid(`the webhook secret ${field} is not in base64`)
  return Buffer.from(text, 'base64')
}

function hmac(key: Buffer, content: Buffer): string {
  return createHmac('sha256', key).update(content).digest('base64')
}

/** `whsk_…`, the private key, signs for `v1a`. Simulators only. */
function signed(content: Buffer, secret: string): string {
  const key = Buffer.from(secret.replace(/^wh(?:sec|sk)_/, ''), 'base64')
  if (secret.startsWith('whpk_'))
    throw new TenonError(
      'APP_INVALID',
      'a public key (whpk_…) signs nothing: give the simulator the private one (whsk_…)',
    )
  if (!secret.startsWith('whsk_')) return `v1,${hmac(key, content)}`
  const der = Buffer.concat([privateHead, key.subarray(0, 32)])
  const privateKey = createPrivateKey({ key: der, format: 'der', type: 'pkcs8' })
  return `v1a,${sign(null, content, privateKey).toString('base64')}`
}
