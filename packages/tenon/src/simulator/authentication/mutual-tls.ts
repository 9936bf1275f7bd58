import { generateKeyPairSync, X509Certificate } from 'node:crypto'
import { TenonError } from '../../base/errors.ts'
import { signed, type AuthenticationCheck, type CredentialsMaker, type ServerCertificate } from '../authentication.ts'
import { isSameCertificate, makeCertificate, pkcs8, privateKeyIn } from '../certificate.ts'

const account = 'Simulated account'

/** The account's certificate is its own authority, and that of the server: there is nothing else to keep. */
export const makeCredentials: CredentialsMaker = () => {
  const { privateKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' })
  const certificate = makeCertificate({ subject: account, key: privateKey })
  return { certificate, privateKey: pkcs8(privateKey), authority: certificate }
}

/** Throws `APP_INVALID` for credentials that were not made here: who has them would not believe this server. */
export const serverCertificate = (credentials: Readonly<Record<string, string>>): ServerCertificate => {
  const { certificate = '', authority = '' } = credentials
  if (!isSameCertificate(certificate, authority) || new X509Certificate(certificate).subject !== `CN=${account}`)
    throw new TenonError(
      'APP_INVALID',
      'a simulator with client certificates makes its own credentials, for it must also show a certificate that they trust: start it without credentials',
    )
  const { privateKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' })
  const issuer = { name: account, key: privateKeyIn(credentials, 'privateKey') }
  const own = makeCertificate({ subject: 'Simulator', key: privateKey, issuer, addresses: ['127.0.0.1'] })
  return { certificate: own, key: pkcs8(privateKey) }
}

/** That its key was there is proved by the handshake; here is only told whose certificate it was. */
export const check: AuthenticationCheck = ({ credentials, simulation }) => {
  const own = credentials['certificate'] ?? ''
  return signed(({ clientCertificate }) => {
    if (clientCertificate === undefined) return 'no client certificate was shown'
    if (!isSameCertificate(clientCertificate, own)) return 'the client certificate is not that of the account'
    const { validFromDate, validToDate } = new X509Certificate(clientCertificate)
    const now = simulation.now()
    return now < validFromDate.getTime() || now > validToDate.getTime()
      ? 'the client certificate is not valid now'
      : null
  })
}
