import type { Duplex } from 'node:stream'
import { TenonError } from '../base/errors.ts'
import type { Log } from '../telemetry/telemetry.ts'
import { problemHeaders, problemOf } from './problem.ts'

const reasons: Readonly<Record<number, string>> = { 400: 'Bad Request', 408: 'Request Timeout' }

/** Answers what never became a request: bad syntax, too many header bytes, too slow. */
export function answerBrokenRequests(log: Log, cause: Error & { code?: string }, socket: Duplex): void {
  if (cause.code === 'ECONNRESET' || !socket.writable) {
    socket.destroy()
    return
  }
  const isSlow = cause.code === 'ERR_HTTP_REQUEST_TIMEOUT'
  const error = isSlow
    ? new TenonError('REQUEST_TOO_SLOW', 'the request did not arrive in time')
    : new TenonError('REQUEST_INVALID', `not a valid request (${cause.code ?? 'unknown'})`)
  log.warn('request.refused', { status: error.status, code: error.code, reason: error.message })
  const body = JSON.stringify(problemOf(error, 'anyone'))
  const headers = { ...problemHeaders(error), 'content-length': String(Buffer.byteLength(body)), connection: 'close' }
  const lines = Object.entries(headers).map(([name, value]) => `${name}: ${value}\r\n`)
  socket.end(`HTTP/1.1 ${error.status} ${reasons[error.status] ?? 'Bad Request'}\r\n${lines.join('')}\r\n${body}`, () =>
    socket.destroy(),
  )
}
