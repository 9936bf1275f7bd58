import { request as httpRequest } from 'node:http'
import { request as httpsRequest } from 'node:https'
import { TenonError, type ErrorCode, errorMeanings } from '../base/errors.ts'
import { parseJson } from '../base/json.ts'
import type { Secret } from '../base/secret.ts'
import { isObject } from '../definition/problem.ts'
import { isAlive } from '../journal/sqlite/alive.ts'
import { DataFolder } from './data-folder.ts'
import type { InputProblem } from './input.ts'
import { operatorTokenOf } from './operator-token.ts'
import { loopback } from './session/site.ts'

/** The management API of the server that works on a data folder. */
export interface ManagementClient {
  get(path: string): Promise<Record<string, unknown>>
  send(method: 'POST' | 'PUT' | 'DELETE', path: string, body?: unknown): Promise<Record<string, unknown>>
}

const answerLimitMs = 30_000

/** Where a server is looked for. */
export interface ServerPlace {
  readonly dataFolder: string
  /** With `TENON_SERVER` and `TENON_OPERATOR_TOKEN` in it, that server is meant, wherever it runs. */
  readonly environment?: Readonly<Record<string, string | undefined>>
}

/** The server that the environment names, or else the one that works on the data folder. Throws `NOT_FOUND` when there is none, and `INPUT_INVALID` for an environment that makes no sense. */
export function connectToServer({ dataFolder, environment = {} }: ServerPlace): ManagementClient {
  return namedServer(environment) ?? serverOf(new DataFolder(dataFolder))
}

function namedServer(environment: NonNullable<ServerPlace['environment']>): ManagementClient | null {
  const text = environment['TENON_SERVER'] ?? ''
  if (text === '') return null
  const url = URL.canParse(text) ? new URL(text) : null
  const isSafe = url?.protocol === 'https:' || (url?.protocol === 'http:' && loopback.has(url.hostname))
  if (url === null || !isSafe || url.username !== '')
    throw new TenonError(
      'INPUT_INVALID',
      'TENON_SERVER is not an address that the operator token may be sent to. Set it to https:// and the name of the server, or to http:// and an address of this machine.',
    )
  const token = operatorTokenOf(environment)
  if (token === null)
    throw new TenonError(
      'INPUT_INVALID',
      `TENON_SERVER is set, and TENON_OPERATOR_TOKEN is not: ${url.host} asks for it.`,
    )
  return clientOf(url.origin, token, () => unreachable(url.host))
}

function serverOf(folder: DataFolder): ManagementClient {
  const address = folder.address()
  const token = folder.knownToken()
  // A crash leaves the address behind, and by now another program may listen there: it must not be shown the token.
  if (address === null || token === null || !isAlive(address.pid)) throw notRunning(folder.path)
  return clientOf(address.url, token, () => notRunning(folder.path))
}

function clientOf(address: string, token: Secret, refused: () => TenonError): ManagementClient {
  const call = (method: string, path: string, body?: unknown): Promise<Record<string, unknown>> =>
    exchange(new URL(`/api/v1${path}`, address), method, token.reveal(), body).catch((error: unknown) => {
      if (['ECONNREFUSED', 'ENOTFOUND'].includes((error as { code?: string }).code ?? '')) throw refused()
      throw error
    })
  return { get: (path) => call('GET', path), send: call }
}

function unreachable(host: string): TenonError {
  return new TenonError('NOT_FOUND', `No server answers at ${host}, which TENON_SERVER names.`, {
    details: { reason: 'no-server' },
  })
}

function notRunning(path: string): TenonError {
  return new TenonError(
    'NOT_FOUND',
    `No server is running on the data folder ${path}. Start one with tenon start, or name another folder with --data.`,
    { details: { reason: 'no-server' } },
  )
}

function exchange(url: URL, method: string, token: string, body: unknown): Promise<Record<string, unknown>> {
  return new Promise((resolve, reject) => {
    const text = body === undefined ? '' : JSON.stringify(body)
    const headers = {
      authorization: `Bearer ${token}`,
      'content-type': 'application/json',
      'content-length': Buffer.byteLength(text),
    }
    const send = url.protocol === 'https:' ? httpsRequest : httpRequest
    const request = send(url, { method, headers, timeout: answerLimitMs }, (response) => {
      const pieces: Buffer[] = []
      response.on('data', (piece: Buffer) => pieces.push(piece))
      response.on('error', reject)
      response.on('end', () => {
        void Promise.try(read, response.statusCode ?? 0, Buffer.concat(pieces).toString('utf8')).then(resolve, reject)
      })
    })
    request.on('timeout', () => request.destroy(new TenonError('TIMEOUT', 'the server did not answer within 30 s')))
    request.on('error', reject)
    request.end(text)
  })
}

function read(status: number, text: string): Record<string, unknown> {
  const value = parseJson(text)
  if (!isObject(value))
    throw new TenonError('UPSTREAM_ANSWER_INVALID', `the server answered ${status} in an unexpected form`)
  if (status < 400) return value
  const { code, detail, title, decision, errors } = value as Partial<Record<'code' | 'detail' | 'title', string>> & {
    decision?: unknown
    errors?: readonly InputProblem[]
  }
  const known = code !== undefined && Object.hasOwn(errorMeanings, code) ? (code as ErrorCode) : 'INTERNAL'
  throw new TenonError(known, detail ?? title ?? `the server answered ${status}`, {
    details: { ...(decision !== undefined && { decision }), ...(errors !== undefined && { problems: errors }) },
  })
}
