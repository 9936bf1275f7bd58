import { readFileSync } from 'node:fs'
import type { ConnectionOptions } from 'node:tls'
import { messageOf, TenonError } from '../base/errors.ts'
import { Secret } from '../base/secret.ts'

export interface Host {
  /** A name, an address, or the folder of a Unix socket. */
  readonly host: string
  readonly port: number
}

/** Where a database is, and as whom. */
export interface Destination {
  /** In the order in which they are tried. */
  readonly hosts: readonly Host[]
  readonly user: string
  readonly password: Secret
  readonly database: string
  readonly tls: ConnectionOptions | null
  /** For messages and logs: hosts and database, never user or password. */
  readonly name: string
}

const form = /^postgres(?:ql)?:\/\/(?:([^/?#]*)@)?([^/?#]*)(?:\/([^?#]*))?(?:\?([^#]*))?$/
const defaultPort = 5432
const parameters = ['application_name', 'host', 'sslcert', 'sslkey', 'sslmode', 'sslrootcert', 'target_session_attrs']

/**
 * Reads `postgres://user:password@host:port,host:port/database?parameters`, as libpq does (https://www.postgresql.org/docs/current/libpq-connect.html §34.1.1.2), and refuses what it would not
 * keep to. Of several hosts the one that takes writes is used. Without `sslmode` a host that is not this machine needs a certificate for its name (`verify-full`).
 * Throws `DATABASE_UNUSABLE`, whose message never holds a part of the URL but a parameter's name.
 */
export function parseDatabaseUrl(url: Secret): Destination {
  const match = form.exec(url.reveal())
  if (match === null)
    throw invalid(
      'has not the form postgres://user:password@host:port/database',
      'Write / ? # @ of a password as %2F %3F %23 %40.',
    )
  const [, userInfo = '', authority = '', path = '', query = ''] = match
  const given = new URLSearchParams(query)
  for (const name of given.keys())
    if (!parameters.includes(name))
      throw invalid(`has the parameter ${name}, which is not known`, `Known are ${parameters.join(', ')}.`)
  if (!['read-write', 'primary'].includes(given.get('target_session_attrs') ?? 'primary'))
    throw invalid('has a target_session_attrs other than read-write', 'Tenon needs a database that takes writes.')
  const colon = userInfo.indexOf(':')
  const user = decode(colon < 0 ? userInfo : userInfo.slice(0, colon))
  if (user === '') throw invalid('names no user', 'It is needed: postgres://user@host/database.')
  const hosts = hostsOf(decode(authority), given.get('host'))
  const database = decode(path) || user
  return {
    hosts,
    user,
    password: new Secret(colon < 0 ? '' : decode(userInfo.slice(colon + 1))),
    database,
    tls: tlsOf(given, hosts),
    name: `${hosts.map(({ host, port }) => `${host}:${port}`).join(',')}/${database}`,
  }
}

function hostsOf(authority: string, folder: string | null): readonly Host[] {
  if (folder !== null && !folder.startsWith('/'))
    throw invalid('has a host parameter that is no folder', 'It is for the folder of a Unix socket.')
  return authority.split(',').map((part) => {
    const [, bracketed, plain, digits] = /^(?:\[([\da-fA-F:.]+)\]|([^:[\]]*))(?::(\d{1,5}))?$/.exec(part) ?? []
    const host = folder ?? bracketed ?? plain
    const port = digits === undefined ? defaultPort : Number(digits)
    if (host === undefined || host === '' || port < 1 || port > 65_535)
      throw invalid('names no usable host', 'Expected host or host:port, several with commas between them.')
    return { host, port }
  })
}

function tlsOf(given: URLSearchParams, hosts: readonly Host[]): ConnectionOptions | null {
  const isHere = hosts.every(({ host }) => host.startsWith('/') || /^(?:localhost|127\.[\d.]+|::1)$/.test(host))
  const mode = given.get('sslmode') ?? (isHere ? 'disable' : 'verify-full')
  const root = fileOf(given, 'sslrootcert')
  const pair = { ...fileOf(given, 'sslcert', 'cert'), ...fileOf(given, 'sslkey', 'key') }
  switch (mode) {
    case 'disable':
      return null
    case 'require':
      // As libpq: encrypted, and judged only where there is something to judge by.
      return 'ca' in root
        ? { ...root, ...pair, checkServerIdentity: () => undefined }
        : { ...pair, rejectUnauthorized: false }
    case 'verify-ca':
      return { ...root, ...pair, checkServerIdentity: () => undefined }
    case 'verify-full':
      return { ...root, ...pair }
    default:
      throw invalid(
        'has an sslmode that is not supported',
        'Supported are disable, require, verify-ca and verify-full.',
      )
  }
}

function fileOf(given: URLSearchParams, name: string, as = 'ca'): Readonly<Record<string, string>> {
  const path = given.get(name)
  if (path === null) return {}
  try {
    return { [as]: readFileSync(path, 'utf8') }
  } catch (error) {
    throw invalid(
      `names a file that cannot be read in ${name} (${(error as { code?: string }).code ?? messageOf(error)})`,
      'Check the path.',
    )
  }
}

function decode(text: string): string {
  try {
    return decodeURIComponent(text)
  } catch {
    throw invalid('has a % that begins no character', 'Write % itself as %25.')
  }
}

function invalid(problem: string, remedy: string): TenonError {
  return new TenonError('DATABASE_UNUSABLE', `the database URL ${problem}. ${remedy}`)
}
