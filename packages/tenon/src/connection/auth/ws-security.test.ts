import { DOMParser, XMLSerializer, type Document, type Element } from '@xmldom/xmldom'
import { passwordDigest } from 'soap/lib/utils.js'
import { beforeAll, describe, expect, test } from 'vitest'
import { SignedXml } from 'xml-crypto'
import { wsCertificate, wsUsername } from '../../definition/auth/ws-security.ts'
import { createAuthority } from '../../outbound/certificates.fixture.ts'
import type { BareRequest } from '../auth-scheme.ts'
import { opened, signed } from './scheme.fixture.ts'

const nowMs = Date.now()
const soap11 = 'http://schemas.xmlsoap.org/soap/envelope/'
const soap12 = 'http://www.w3.org/2003/05/soap-envelope'
const secext = 'http://docs.oasis-open.org/wss/2004/01/oasis-200401-wss-wssecurity-secext-1.0.xsd'
const utility = 'http://docs.oasis-open.org/wss/2004/01/oasis-200401-wss-wssecurity-utility-1.0.xsd'
const envelope = (namespace = soap11, header = '') =>
  `<?xml version="1.0"?><s:Envelope xmlns:s="${namespace}">${header}<s:Body><add xmlns="urn:x"><a>1 &amp; 2</a></add></s:Body></s:Envelope>`

const account = { username: 'bob', password: 'canary & <secret>' }
const post = (body: BareRequest['body']) => ({ method: 'POST', body })
const documentOf = (body: unknown) => new DOMParser().parseFromString(String(body), 'text/xml')
const textOf = (document: Document, namespace: string, name: string, index = 0): string =>
  document.getElementsByTagNameNS(namespace, name)[index]?.textContent ?? ''

describe('WS-Security UsernameToken', () => {
  test.each([soap11, soap12])(
    'the digest is what the soap package computes, in an envelope of %s',
    async (namespace) => {
      const authentication = await opened(wsUsername({ password: 'digest' }), account, { nowMs })
      const { body } = await signed(authentication, post(envelope(namespace)))
      const document = documentOf(body)
      const [nonce, created] = [textOf(document, secext, 'Nonce'), textOf(document, utility, 'Created', 1)]
      expect(created).toBe(new Date(nowMs).toISOString())
      expect(textOf(document, secext, 'Password')).toBe(passwordDigest(nonce, created, account.password))
      expect(textOf(document, secext, 'Username')).toBe('bob')
      const security = document.getElementsByTagNameNS(secext, 'Security')[0]
      expect(security?.getAttributeNS(namespace, 'mustUnderstand')).toBe('1')
      expect((security?.parentNode as Element | null)?.localName).toBe('Header')
      expect(textOf(document, 'urn:x', 'a')).toBe('1 & 2')
      expect(String(body)).not.toContain('canary')
    },
  )

  test('the password as it is, where the provider wants it so, and the life of the message', async () => {
    const authentication = await opened(wsUsername({ password: 'text', life: '1m' }), account, { nowMs })
    const { body } = await signed(authentication, post(envelope(soap11, '<s:Header><other xmlns="urn:y"/></s:Header>')))
    const document = documentOf(body)
    expect(textOf(document, secext, 'Password')).toBe(account.password)
    expect(document.getElementsByTagNameNS(secext, 'Password')[0]?.getAttribute('Type')).toMatch(/#PasswordText$/)
    expect(textOf(document, utility, 'Expires')).toBe(new Date(nowMs + 60_000).toISOString())
    expect(document.getElementsByTagNameNS(soap11, 'Header')).toHaveLength(1)
    expect(document.getElementsByTagNameNS('urn:y', 'other')).toHaveLength(1)
    expect(authentication.redact(String(body))).not.toContain('canary')
  })

  test('each message has its own nonce; without a life it has no timestamp', async () => {
    const authentication = await opened(wsUsername({ password: 'digest', life: null }), account, { nowMs })
    const bodies = [await signed(authentication, post(envelope())), await signed(authentication, post(envelope()))]
    const [first, second] = bodies.map(({ body }) => textOf(documentOf(body), secext, 'Nonce'))
    expect(first).not.toBe(second)
    expect(documentOf(bodies[0]?.body).getElementsByTagNameNS(utility, 'Timestamp')).toHaveLength(0)
  })

  test.each<[string, BareRequest['body']]>([
    ['none', null],
    ['bytes', Buffer.from(envelope())],
    ['no XML', '{"a":1}'],
    ['broken XML', '<a><b></a>'],
    ['another root', '<a/>'],
    ['no Body', `<s:Envelope xmlns:s="${soap11}"/>`],
    ['a document type', `<!DOCTYPE a [<!ENTITY x SYSTEM "file:///etc/passwd">]>${envelope().slice(21)}`],
    ['a security header already', envelope(soap11, `<s:Header><w:Security xmlns:w="${secext}"/></s:Header>`)],
  ])('a body that is %s is refused before it is sent', async (_what, body) => {
    const authentication = await opened(wsUsername({ password: 'digest' }), account, { nowMs })
    await expect(signed(authentication, post(body))).rejects.toMatchObject({ code: 'INPUT_INVALID' })
  })

  test.each(['username', 'password'])('a %s with a line break is refused by its name', async (field) => {
    const opening = opened(wsUsername({ password: 'text' }), { ...account, [field]: 'canary\n7f3a' })
    await expect(opening).rejects.toMatchObject({ code: 'APP_INVALID', details: { field } })
  })
})

describe('WS-Security with an X.509 certificate', () => {
  let own: { certificate: string; key: string }
  let elliptic: { certificate: string; key: string }
  let past: { certificate: string; key: string }
  beforeAll(async () => {
    const authority = await createAuthority()
    own = await authority.issue({ isRsa: true })
    elliptic = await authority.issue()
    past = await authority.issue({ isRsa: true, days: -1 })
  })

  /** As a receiver does it, with the certificate that it knows. */
  function verified(body: string, certificate = own.certificate): boolean {
    const verifier = new SignedXml({ idMode: 'wssecurity', publicCert: certificate, getCertFromKeyInfo: () => null })
    const signature = documentOf(body).getElementsByTagNameNS('http://www.w3.org/2000/09/xmldsig#', 'Signature')[0]
    if (signature === undefined) return false
    verifier.loadSignature(new XMLSerializer().serializeToString(signature))
    try {
      return verifier.checkSignature(body) && verifier.getSignedReferences().length === 3
    } catch {
      return false
    }
  }

  const send = async () => {
    const credentials = { certificate: own.certificate, privateKey: own.key }
    const authentication = await opened(wsCertificate(), credentials, { nowMs })
    return String((await signed(authentication, post(envelope()))).body)
  }

  test('body, timestamp and certificate are signed, as another’s verifier judges', async () => {
    const body = await send()
    expect(verified(body)).toBe(true)
    expect(verified(body, past.certificate)).toBe(false)
    expect(verified(body.replace('1 &amp; 2', '1 &amp; 3'))).toBe(false)
    expect(verified(body.replace(/(<wsu:Expires>)\d/, '$19'))).toBe(false)
    const token = textOf(documentOf(body), secext, 'BinarySecurityToken')
    expect(own.certificate.replace(/-----[^-]+-----|\s/g, '')).toBe(token)
    const reference = documentOf(body).getElementsByTagNameNS(secext, 'Reference')[0]?.getAttribute('URI')
    const id = documentOf(body).getElementsByTagNameNS(secext, 'BinarySecurityToken')[0]?.getAttributeNS(utility, 'Id')
    expect(reference).toBe(`#${id}`)
  })

  test.each<[string, () => Record<string, string>, string]>([
    ['no certificate', () => ({ certificate: 'x', privateKey: own.key }), 'certificate'],
    ['one that has expired', () => ({ certificate: past.certificate, privateKey: past.key }), 'certificate'],
    ['no key', () => ({ certificate: own.certificate, privateKey: 'x' }), 'privateKey'],
    ['the key of another', () => ({ certificate: own.certificate, privateKey: past.key }), 'privateKey'],
    ['an elliptic key', () => ({ certificate: elliptic.certificate, privateKey: elliptic.key }), 'privateKey'],
    ['nothing', () => ({ certificate: own.certificate }), 'privateKey'],
  ])('%s is refused by the field’s name', async (_what, credentials, field) => {
    const opening = opened(wsCertificate(), credentials(), { nowMs })
    await expect(opening).rejects.toMatchObject({ code: 'APP_INVALID', details: { field } })
  })
})
