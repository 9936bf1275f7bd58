import { readdirSync } from 'node:fs'
import { join } from 'node:path'
import { defineConnector, oauth2, operation, type Connector } from 'tenon'
import { z } from 'zod'

const catalogue = join(import.meta.dirname, '../../packages/connectors/src')
const isConnector = (value: unknown): value is Connector => (value as { kind?: unknown } | null)?.kind === 'connector'

/** Has everything by which an address can be led astray, so that each way is tried whatever the catalogue holds. */
const anything = z.looseObject({ id: z.string(), host: z.string().optional() })
const careless = defineConnector('careless', {
  baseUrl: 'https://careless.example.com/v1',
  auth: oauth2({
    endpoints: {
      authorisation: 'https://{shop}.careless.example.com/authorise',
      token: 'https://{shop}.careless.example.com/token',
    },
    fields: { shop: { label: 'Shop', secret: false } },
    facts: ['instance'],
    instance: { fact: 'instance', hosts: ['*.careless.example.com'] },
  }),
  operations: {
    read: operation({ method: 'GET', path: '/things/{id}', input: anything, output: z.unknown(), redirects: 5 }),
    write: operation({
      method: 'PUT',
      path: '/things/{id}',
      input: anything,
      output: z.unknown(),
      redirects: 5,
      request: ({ id, host = 'x' }: z.output<typeof anything>) => ({
        path: `/things/${id}`,
        query: { host },
        headers: { 'x-host': host },
        body: { id },
      }),
    }),
  },
}) as unknown as Connector

/** The folder is the registry: a connector that is added is tried. */
export async function subjects(): Promise<readonly Connector[]> {
  const folders = readdirSync(catalogue, { withFileTypes: true }).filter((entry) => entry.isDirectory())
  const modules = await Promise.all(
    folders.map(async ({ name }) => (await import(join(catalogue, name, `${name}.ts`))) as Record<string, unknown>),
  )
  return [...modules.flatMap((module) => Object.values(module).filter(isConnector)), careless]
}
