import type { Problem } from './contract.ts'

const limitMs = 30_000

/** An answer that is a problem, or no answer at all (`code` is `OFFLINE`). */
export class ApiError extends Error {
  readonly problem: Problem

  constructor(problem: Problem) {
    super(problem.detail ?? problem.title)
    this.problem = problem
  }

  override get name(): string {
    return 'ApiError'
  }

  get code(): string {
    return this.problem.code
  }
}

/** Nothing has that name, or nothing could have it. */
export function isMissing(error: unknown): error is ApiError {
  return error instanceof ApiError && (error.code === 'NOT_FOUND' || error.code === 'INPUT_INVALID')
}

type Query = Readonly<Record<string, string | number | undefined>>

export function get<Answer>(path: string, query: Query = {}, signal?: AbortSignal): Promise<Answer> {
  const given = Object.entries(query).filter(([, value]) => value !== undefined && value !== '')
  const text = new URLSearchParams(given.map(([name, value]) => [name, String(value)])).toString()
  return send<Answer>('GET', text === '' ? path : `${path}?${text}`, undefined, signal)
}

export function post<Answer>(path: string, body: unknown = {}): Promise<Answer> {
  return send<Answer>('POST', path, body)
}

export function put<Answer>(path: string, body: unknown): Promise<Answer> {
  return send<Answer>('PUT', path, body)
}

export function remove<Answer>(path: string): Promise<Answer> {
  return send<Answer>('DELETE', path)
}

async function send<Answer>(method: string, path: string, body?: unknown, signal?: AbortSignal): Promise<Answer> {
  const limit = AbortSignal.timeout(limitMs)
  const answer = await fetch(`/api/v1${path}`, {
    method,
    credentials: 'same-origin',
    cache: 'no-store',
    headers: { accept: 'application/json', ...(body !== undefined && { 'content-type': 'application/json' }) },
    ...(body !== undefined && { body: JSON.stringify(body) }),
    signal: signal === undefined ? limit : AbortSignal.any([signal, limit]),
  }).catch((error: unknown) => {
    if (signal?.aborted === true) throw error
    throw new ApiError(unreachable)
  })
  const text = await answer.text()
  if (!answer.ok) throw new ApiError(problemOf(answer.status, text))
  return (text === '' ? undefined : JSON.parse(text)) as Answer
}

const unreachable: Problem = {
  title: 'Tenon does not answer.',
  status: 0,
  code: 'OFFLINE',
  detail: 'Nothing answers at this address. Is the server running? This page goes on by itself as soon as it is.',
}

function problemOf(status: number, text: string): Problem {
  try {
    const problem = JSON.parse(text) as Partial<Problem> | null
    if (typeof problem?.code === 'string' && typeof problem.title === 'string')
      return { ...(problem as Problem), status }
  } catch {
    // Not ours: something stands between us and the server.
  }
  return {
    title: `The answer was ${status}.`,
    status,
    code: status === 401 ? 'UNAUTHENTICATED' : 'INTERNAL',
    detail: 'The answer did not come from Tenon, or Tenon could not put it into words. Its log says more.',
  }
}
