import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect } from 'vitest'
import type { PostgresServer } from '../postgres/postgres.fixture.ts'
import { createWorkplace, type Begun, type Workplace } from './process.fixture.ts'

export interface Run {
  readonly run: string
  readonly status: string
}

/** Servers in processes of their own, each with a data folder that bears its name. */
export interface Nodes extends Workplace {
  pathOf(node: string): string
  /** The option by which a command means that node. */
  data(node: string): readonly string[]
  /** Resolves when it serves. */
  start(node: string, ...words: string[]): Promise<Begun>
  /** In good order. */
  stop(node: Begun): Promise<void>
  /** Of its management API. */
  ask(node: string, method: 'GET' | 'POST' | 'PUT', path: string, body?: object): Promise<unknown>
  runs(node: string): Promise<readonly Run[]>
  statuses(node: string): Promise<readonly string[]>
  signal(node: string, run: Run | undefined, name: string): Promise<void>
}

/** What a server in a test is started with: it makes no samples, and says what a program can read. */
export const quiet = ['--no-samples', '--quiet', '--json'] as const

export function createNodes(): Nodes {
  const place = createWorkplace()
  const pathOf = (node: string): string => join(place.folder, node)
  const data = (node: string): readonly string[] => ['--data', pathOf(node)]
  const runs = async (node: string): Promise<readonly Run[]> => {
    const { out, err } = await place.tenon('runs', 'list', '--json', ...data(node))
    if (out === '') throw new Error(err)
    return (JSON.parse(out) as { runs: readonly Run[] }).runs
  }
  return {
    ...place,
    pathOf,
    data,
    async start(node, ...words) {
      const begun = place.begin('start', ...words, ...quiet, ...data(node))
      await begun.said(/"url"/)
      return begun
    },
    async stop({ child, ended }) {
      child.kill('SIGTERM')
      await ended
    },
    async ask(node, method, path, body) {
      const [token, address] = ['operator-token', 'server.json'].map((file) =>
        readFileSync(join(pathOf(node), file), 'utf8').trim(),
      )
      const { url } = JSON.parse(address ?? '') as { url: string }
      const headers = { authorization: `Bearer ${token}`, 'content-type': 'application/json' }
      const answer = await fetch(`${url}/api/v1${path}`, {
        method,
        headers,
        ...(body && { body: JSON.stringify(body) }),
      })
      if (!answer.ok) throw new Error(`${method} ${path}: ${answer.status} ${await answer.text()}`)
      return answer.json()
    },
    runs,
    statuses: async (node) => (await runs(node)).map(({ status }) => status),
    async signal(node, run, name) {
      // Its `--data` is what the signal carries.
      expect(await place.tenon('runs', 'signal', run?.run ?? '', name, '--folder', pathOf(node))).toMatchObject({
        code: 0,
      })
    },
  }
}

/** The URL of a database of its own. */
export async function newUrl(server: PostgresServer): Promise<string> {
  return server.url(await server.newDatabase()).reveal()
}
