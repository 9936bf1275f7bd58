import { createHash, randomBytes, type KeyObject, type X509Certificate } from 'node:crypto'
import { SignedXml } from 'xml-crypto'
import { wsSecurity, type WsSecuritySettings } from '../../definition/auth/ws-security.ts'
import type { AuthScheme, BareRequest } from '../auth-scheme.ts'
import { credential, optionalCredential, requireLine, unusable } from '../credentials.ts'
import { certificatesIn, pemOf, privateKeyOf, requirePair } from '../pem.ts'
import { securedEnvelope, type SecuredEnvelope } from '../soap-envelope.ts'

const exclusive = 'http://www.w3.org/2001/10/xml-exc-c14n#'
const sha256 = 'http://www.w3.org/2001/04/xmlenc#sha256'

/** OASIS Web Services Security 1.1: UsernameToken Profile, and X.509 Certificate Token Profile. */
export const scheme: AuthScheme = {
  open({ settings, credentials, clock, conceal }) {
    const { token, lifeMs } = settings as WsSecuritySettings
    const read = (field: string): string => credential(credentials, field)
    if (token !== 'certificate') {
      const user = requireLine(read('username'), 'username')
      const password = requireLine(read('password'), 'password')
      return {
        apply(request: BareRequest) {
          const envelope = securedEnvelope(request.body)
          const now = clock.now()
          if (lifeMs !== null) addTimestamp(envelope, now, lifeMs)
          addUsername(envelope, { token, user, password, now, conceal })
          request.body = envelope.toString()
        },
      }
    }
    const [certificate] = certificatesIn(pemOf(read('certificate')), 'certificate')
    const key = privateKeyOf(pemOf(read('privateKey')), optionalCredential(credentials, 'passphrase'), 'privateKey')
    if (key.asymmetricKeyType !== 'rsa') throw unusable('privateKey', 'is no RSA key, which this profile signs with')
    requirePair(certificate, key, { fields: ['certificate', 'privateKey'], nowMs: clock.now() })
    return {
      apply(request: BareRequest) {
        const envelope = securedEnvelope(request.body)
        const ids = lifeMs === null ? [] : [addTimestamp(envelope, clock.now(), lifeMs)]
        request.body = signed(envelope, { certificate, key, ids })
      },
    }
  },
}

function newId(kind: string): string {
  return `${kind}-${randomBytes(16).toString('hex')}`
}

function addTimestamp(envelope: SecuredEnvelope, now: number, lifeMs: number): string {
  const id = newId('time')
  const timestamp = envelope.add('wsu:Timestamp', id)
  timestamp.add('wsu:Created', new Date(now).toISOString())
  timestamp.add('wsu:Expires', new Date(now + lifeMs).toISOString())
  return id
}

interface UsernameToken {
  readonly token: 'text' | 'digest'
  readonly user: string
  readonly password: string
  readonly now: number
  readonly conceal: (value: string) => void
}

/** The digest is Base64(SHA-1(nonce + created + password)), the nonce as bytes (§3.1). */
function addUsername(envelope: SecuredEnvelope, { token, user, password, now, conceal }: UsernameToken): void {
  const part = envelope.add('wsse:UsernameToken', newId('user'))
  const created = new Date(now).toISOString()
  const nonce = randomBytes(16)
  const isText = token === 'text'
  const shown = isText ? password : createHash('sha1').update(nonce).update(created + password).digest('base64') // prettier-ignore
  if (!isText) conceal(shown)
  part.add('wsse:Username', user)
  part.add('wsse:Password', shown, {
    Type: isText ? wsSecurity.text : wsSecurity.digest,
  })
  part.add('wsse:Nonce', nonce.toString('base64'), { EncodingType: wsSecurity.base64 })
  part.add('wsu:Created', created)
}

/** Body and token are signed, and what `ids` name. */
function signed(
  envelope: SecuredEnvelope,
  {
    certificate,
    key,
    ids,
  }: { readonly certificate: X509Certificate; readonly key: KeyObject; readonly ids: readonly string[] },
): string {
  const [tokenId, bodyId] = [newId('x509'), newId('body')]
  const valueType = wsSecurity.x509
  envelope
    .add('wsse:BinarySecurityToken', tokenId)
    .fill(certificate.raw.toString('base64'), { EncodingType: wsSecurity.base64, ValueType: valueType })
  envelope.nameBody(bodyId)
  const signature = new SignedXml({
    idMode: 'wssecurity',
    privateKey: key,
    signatureAlgorithm: 'http://www.w3.org/2001/04/xmldsig-more#rsa-sha256',
    canonicalizationAlgorithm: exclusive,
    getKeyInfoContent: () =>
      `<wsse:SecurityTokenReference><wsse:Reference URI="#${tokenId}" ValueType="${valueType}"/></wsse:SecurityTokenReference>`,
  })
  // The certificate's own element too: nobody may put another in its place.
  for (const id of [bodyId, tokenId, ...ids])
    signature.addReference({
      xpath: `//*[@*[local-name(.)='Id' and .='${id}']]`,
      transforms: [exclusive],
      digestAlgorithm: sha256,
    })
  signature.computeSignature(envelope.toString(), {
    prefix: 'ds',
    location: {
      reference: `//*[local-name(.)='Security' and namespace-uri(.)='${wsSecurity.security}']`,
      action: 'append',
    },
    existingPrefixes: { wsse: wsSecurity.security },
  })
  return signature.getSignedXml()
}
