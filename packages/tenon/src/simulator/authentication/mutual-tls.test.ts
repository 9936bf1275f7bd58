import { request } from 'node:https'
import { expect, test } from 'vitest'
import { mutualTls } from '../../definition/auth/mutual-tls.ts'
import { createAuthority } from '../../outbound/certificates.fixture.ts'
import { generateCredentials, startSimulator, type RunningSimulator } from '../simulator.ts'
import { opened, providerWith } from '../authentication.fixture.ts'

interface Shown {
  readonly cert?: string | undefined
  readonly key?: string | undefined
  readonly ca?: string | undefined
}

/** By Node's own client: what it believes, and what it shows. */
function ask({ baseUrl }: RunningSimulator, shown: Shown): Promise<unknown> {
  return new Promise((resolve, reject) => {
    const sent = request(`${baseUrl}/things/1`, shown, (answer) => {
      const pieces: Buffer[] = []
      answer.on('data', (piece: Buffer) => pieces.push(piece))
      answer.on('end', () => resolve(JSON.parse(Buffer.concat(pieces).toString())))
    })
    sent.on('error', reject).end()
  })
}

test('AUT-09: over TLS the account is known by its certificate, and nobody else', async () => {
  const simulator = await startSimulator(providerWith(mutualTls()))
  const { certificate: cert, privateKey: key, authority: ca } = simulator.credentials
  const another = await (await createAuthority()).issue()
  try {
    expect(simulator.baseUrl).toMatch(/^https:\/\/127\.0\.0\.1:\d+$/)
    expect(await ask(simulator, { cert, key, ca })).toEqual({ page: null })
    expect(await ask(simulator, { ca })).toMatchObject({ problem: 'no client certificate was shown' })
    const shown = { cert: another.certificate, key: another.key, ca }
    expect(await ask(simulator, shown)).toMatchObject({ problem: expect.stringContaining('not that of the account') })
    await expect(ask(simulator, { cert, key: another.key, ca })).rejects.toThrow(/key values mismatch/i)
    await expect(ask(simulator, { cert, key })).rejects.toMatchObject({ code: 'UNABLE_TO_VERIFY_LEAF_SIGNATURE' })
  } finally {
    await simulator.close()
  }
})

test('the account stays the same over a restart, and the new server is believed', async () => {
  const credentials = await generateCredentials(providerWith(mutualTls()))
  for (let start = 0; start < 2; start += 1) {
    const simulator = await startSimulator(providerWith(mutualTls()), { credentials })
    const { certificate: cert, privateKey: key, authority: ca } = credentials
    expect(await ask(simulator, { cert, key, ca })).toEqual({ page: null })
    await simulator.close()
  }
})

test('credentials whose authority is elsewhere are refused: the server could not show itself', async () => {
  const authority = await createAuthority()
  const { certificate, key } = await authority.issue()
  const credentials = { certificate, privateKey: key, authority: authority.certificate }
  const starting = startSimulator(providerWith(mutualTls()), { credentials })
  await expect(starting).rejects.toMatchObject({ code: 'APP_INVALID' })
})

test('AUT-09: in one process the certificate is told, and a certificate has its time', async () => {
  const credentials = await generateCredentials(providerWith(mutualTls()))
  const { ask, pass } = await opened(mutualTls(), credentials)
  const { certificate: clientCertificate = '' } = credentials
  expect(await ask({ target: '/things/1', clientCertificate })).toBe('good')
  expect(await ask({ target: '/things/1' })).toMatch('no client certificate')
  pass(30 * 365 * 86_400_000)
  expect(await ask({ target: '/things/1', clientCertificate })).toMatch('not valid now')
})
