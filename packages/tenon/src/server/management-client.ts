import { request as httpRequest } from 'node:http'
import { TenonError, type ErrorCode, errorMeanings } from '../base/errors.ts'
import { parseJson } from '../base/json.ts'
import { isObject } from '../definition/problem.ts'
import { isAlive } from '../journal/sqlite/alive.ts'
import { DataFolder } from './data-folder.ts'

/** The management API of the server that works on a data folder. */
export interface ManagementClient {
  get(path: string): Promise<Record<string, unknown>>
  send(method: 'POST' | 'PUT' | 'DELETE', path: string, body?: unknown): Promise<Record<string, unknown>>
}

const answerLimitMs = 30_000

/** Finds the running server by its data folder. Throws `NOT_FOUND` when there is none. */
export function connectToServer(dataFolder: string): ManagementClient {
  const folder = new DataFolder(dataFolder)
  const address = folder.address()
  const token = folder.knownToken()
  // A crash leaves the address behind, and by now another program may listen there: it must not be shown the token.
  if (address === null || token === null || !isAlive(address.pid)) throw notRunning(folder.path)
  const call = (method: string, path: string, body?: unknown): Promise<Record<string, unknown>> =>
    exchange(new URL(`/api/v1${path}`, address.url), method, token.reveal(), body).catch((error: unknown) => {
      if ((error as { code?: string }).code === 'ECONNREFUSED') throw notRunning(folder.path)
      throw error
    })
  return { get: (path) => call('GET', path), send: call }
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
    const request = httpRequest(url, { method, headers, timeout: answerLimitMs }, (response) => {
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
  const { code, detail, title } = value as { code?: string; detail?: string; title?: string }
  const known = code !== undefined && Object.hasOwn(errorMeanings, code) ? (code as ErrorCode) : 'INTERNAL'
  throw new TenonError(known, detail ?? title ?? `the server answered ${status}`)
}
