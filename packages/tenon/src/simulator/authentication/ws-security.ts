import { createHash, generateKeyPairSync, X509Certificate } from 'node:crypto'
import { XMLSerializer, type Element } from '@xmldom/xmldom'
import { SignedXml } from 'xml-crypto'
import { wsSecurity, type WsSecuritySettings } from '../../definition/auth/ws-security.ts'
import {
  equal,
  signed,
  type AuthenticationCheck,
  type AuthenticationContext,
  type CredentialsMaker,
} from '../authentication.ts'
import { makeCertificate, pkcs8 } from '../certificate.ts'
import { nonces, timeProblem } from '../nonces.ts'
import { childrenOf, idOf, readMessage, textIn, type SoapMessage } from '../soap-message.ts'

const { security: secext, utility } = wsSecurity
const digital = 'http://www.w3.org/2000/09/xmldsig#'

export const makeCredentials: CredentialsMaker = (settings) => {
  if ((settings as WsSecuritySettings).token !== 'certificate') return {}
  const { privateKey } = generateKeyPairSync('rsa', { modulusLength: 2048 })
  return {
    certificate: makeCertificate({ subject: 'Simulated account', key: privateKey }),
    privateKey: pkcs8(privateKey),
  }
}

/** OASIS Web Services Security 1.1, as the receiver reads it: its UsernameToken and X.509 Certificate Token Profiles. */
export const check: AuthenticationCheck = (context) => {
  const { token, lifeMs } = context.connector.options.auth.settings as WsSecuritySettings
  const tokenProblem =
    token === 'certificate' ? certificateCheck(context, lifeMs !== null) : usernameCheck(context, token)
  return signed(({ body }) => {
    const message = readMessage(body)
    if ('problem' in message) return message.problem
    const late = lifeMs === null ? null : timestampProblem(message.security, context.simulation.now())
    return late ?? tokenProblem(message, body)
  })
}

type TokenCheck = (message: SoapMessage, body: Uint8Array) => string | null

function timestampProblem(security: Element, nowMs: number): string | null {
  const [timestamp] = childrenOf(security, utility, 'Timestamp')
  if (timestamp === undefined) return 'the message has no Timestamp'
  const expires = Date.parse(textIn(timestamp, utility, 'Expires'))
  if (!(expires > nowMs)) return 'the Timestamp has no Expires, or it is over'
  return timeProblem(Date.parse(textIn(timestamp, utility, 'Created')), nowMs)
}

/** UsernameToken Profile 1.1 §3.1. */
function usernameCheck(context: AuthenticationContext, token: 'text' | 'digest'): TokenCheck {
  const { credentials, simulation } = context
  const { username = '', password = '' } = credentials
  const isNew = nonces(context)
  return ({ security }) => {
    const [user] = childrenOf(security, secext, 'UsernameToken')
    if (user === undefined) return 'the message has no UsernameToken'
    if (!equal(textIn(user, secext, 'Username'), username)) return 'the Username is not that of an account'
    const [given] = childrenOf(user, secext, 'Password')
    if (given?.getAttribute('Type') !== wsSecurity[token]) return `the Password is not of the type ${wsSecurity[token]}`
    const [nonce, created] = [textIn(user, secext, 'Nonce'), textIn(user, utility, 'Created')]
    const digest = createHash('sha1').update(Buffer.from(nonce, 'base64')).update(created + password).digest('base64') // prettier-ignore
    if (!equal(given.textContent ?? '', token === 'text' ? password : digest)) return 'the Password does not match'
    if (token === 'text') return null
    const late = timeProblem(Date.parse(created), simulation.now())
    if (late !== null) return late
    return nonce !== '' && isNew(nonce) ? null : 'the Nonce is missing, or was used before'
  }
}

/** X.509 Certificate Token Profile 1.1: Body, token and Timestamp are signed with the account's key. */
function certificateCheck({ credentials }: AuthenticationContext, isTimed: boolean): TokenCheck {
  const certificate = new X509Certificate(credentials['certificate'] ?? '')
  return ({ document, body, security }, bytes) => {
    const [token] = childrenOf(security, secext, 'BinarySecurityToken')
    const shown = (token?.textContent ?? '').replaceAll(/\s/g, '')
    if (token === undefined || shown !== certificate.raw.toString('base64'))
      return 'the BinarySecurityToken is not the certificate of the account'
    const [signature, ...others] = childrenOf(security, digital, 'Signature')
    if (signature === undefined || others.length > 0) return 'the message has not one Signature'
    const verifier = new SignedXml({
      idMode: 'wssecurity',
      publicCert: certificate.toString(),
      getCertFromKeyInfo: () => null,
    })
    const isGenuine = holds(() => {
      verifier.loadSignature(new XMLSerializer().serializeToString(signature))
      return verifier.checkSignature(Buffer.from(bytes).toString())
    })
    if (!isGenuine) return 'the Signature does not match'
    const covered = new Set(verifier.getReferences().map(({ uri }) => uri))
    const timestamps = isTimed ? childrenOf(security, utility, 'Timestamp') : []
    const open = [body, token, ...timestamps].find((element) => !covered.has(`#${idOf(document, element)}`))
    return open === undefined ? null : `the Signature does not cover ${open.localName}`
  }
}

/** The library throws for some of what does not match. */
function holds(judge: () => boolean): boolean {
  try {
    return judge()
  } catch {
    return false
  }
}
