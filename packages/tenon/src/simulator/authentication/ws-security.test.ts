import { generateKeyPairSync } from 'node:crypto'
import { WSSecurity, WSSecurityCert } from 'soap'
import { beforeAll, expect, test } from 'vitest'
import { wsCertificate, wsUsername } from '../../definition/auth/ws-security.ts'
import { createAuthority } from '../../outbound/certificates.fixture.ts'
import { opened } from '../authentication.fixture.ts'

const account = { username: 'bob', password: 'a & b' }
const envelopeOf = (header: string): string =>
  `<?xml version="1.0"?><soap:Envelope xmlns:soap="http://schemas.xmlsoap.org/soap/envelope/"><soap:Header>${header}</soap:Header><soap:Body><add xmlns="urn:x"><a>1</a></add></soap:Body></soap:Envelope>`
const post = (body: string) => ({ method: 'POST', target: '/things', headers: { 'content-type': 'text/xml' }, body })

/** As the widely used package secures it. */
function byPassword({ username, password }: typeof account, passwordType: 'PasswordText' | 'PasswordDigest') {
  return envelopeOf(new WSSecurity(username, password, { passwordType, hasNonce: true }).toXML())
}

test.each(['text', 'digest'] as const)('AUT-09: what the soap package sends is taken: %s', async (password) => {
  const type = password === 'text' ? 'PasswordText' : 'PasswordDigest'
  const { ask } = await opened(wsUsername({ password }), account)
  expect(await ask(post(byPassword(account, type)))).toBe('good')
  expect(await ask(post(byPassword({ ...account, password: 'x' }, type)))).toMatch('Password does not match')
  expect(await ask(post(byPassword({ ...account, username: 'eve' }, type)))).toMatch('Username')
  expect(await ask(post(byPassword(account, password === 'text' ? 'PasswordDigest' : 'PasswordText')))).toMatch('type')
  expect(await ask(post(envelopeOf('')))).toMatch('security header')
  expect(await ask(post('{"a":1}'))).toMatch('no SOAP envelope')
  expect(await ask(post(`<!DOCTYPE a>${byPassword(account, type)}`))).toMatch('no SOAP envelope')
})

test('AUT-09: a digest is good once and for a while', async () => {
  const { ask, pass } = await opened(wsUsername({ password: 'digest' }), account)
  const [message, later] = [byPassword(account, 'PasswordDigest'), byPassword(account, 'PasswordDigest')]
  expect(await ask(post(message))).toBe('good')
  expect(await ask(post(message))).toMatch('used before')
  expect(await ask(post(later.replace(/<wsu:Timestamp.*<\/wsu:Timestamp>/, '')))).toMatch('no Timestamp')
  pass(11 * 60_000)
  expect(await ask(post(later))).toMatch('over')
})

let own: { certificate: string; key: string }
beforeAll(async () => {
  own = await (await createAuthority()).issue({ isRsa: true })
})

function byCertificate(key = own.key, certificate = own.certificate): string {
  const options = { signatureAlgorithm: 'http://www.w3.org/2001/04/xmldsig-more#rsa-sha256' }
  const security = new WSSecurityCert(key, certificate, '', {
    ...options,
    signerOptions: { prefix: 'ds' },
    additionalReferences: ['wsse:BinarySecurityToken'],
  })
  return security.postProcess(envelopeOf(''), 'soap')
}

test('AUT-09: what the soap package signs is taken, and each wrong part refused', async () => {
  const { ask } = await opened(wsCertificate(), { certificate: own.certificate, privateKey: own.key })
  const good = byCertificate()
  expect(await ask(post(good))).toBe('good')
  expect(await ask(post(good.replace('<a>1</a>', '<a>2</a>')))).toMatch('Signature does not match')
  expect(await ask(post(good.replace(/(<(?:wsu:)?Expires>)\d/, '$19')))).toMatch('Signature does not match')
  const { privateKey } = generateKeyPairSync('rsa', { modulusLength: 2048 })
  const another = privateKey.export({ type: 'pkcs8', format: 'pem' }).toString()
  expect(await ask(post(byCertificate(another)))).toMatch('Signature does not match')
  const other = await (await createAuthority()).issue({ isRsa: true })
  expect(await ask(post(byCertificate(other.key, other.certificate)))).toMatch('not the certificate of the account')
  expect(await ask(post(good.replace(/<ds:Signature.*<\/ds:Signature>/s, '')))).toMatch('not one Signature')
})

test('AUT-09: a body that was put in place of the signed one is not taken', async () => {
  const { ask } = await opened(wsCertificate(), { certificate: own.certificate, privateKey: own.key })
  const good = byCertificate()
  const [body = ''] = /<soap:Body.*<\/soap:Body>/s.exec(good) ?? []
  const wrapped = good
    .replace(body, '<soap:Body><add xmlns="urn:x"><a>999</a></add></soap:Body>')
    .replace('</soap:Header>', `<wrap>${body}</wrap></soap:Header>`)
  expect(await ask(post(wrapped))).toMatch(/does not (?:cover Body|match)/)
})
