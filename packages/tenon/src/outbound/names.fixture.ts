import { Resolver } from 'node:dns/promises'
import type { AddressInfo } from 'node:net'
import dns2 from 'dns2'
import type { Lookup } from './egress.ts'

/** The addresses of a name, by how often it was asked about before. */
export type Records = ReadonlyMap<string, (asked: number) => readonly string[]>

/** A DNS server on this machine whose owner may change his mind with every question. */
export interface Names {
  readonly lookup: Lookup
  asked(name: string): number
  close(): unknown
}

export async function startNames(records: Records): Promise<Names> {
  const asked = new Map<string, number>()
  const server = dns2.createServer({
    udp: true,
    handle(request, send) {
      const response = dns2.Packet.createResponseFromRequest(request)
      const { name, type } = request.questions[0] as unknown as { name: string; type: number }
      // Of each pair of questions the one for IPv6 comes last.
      if (type === dns2.Packet.TYPE.A) asked.set(name, (asked.get(name) ?? 0) + 1)
      const count = (asked.get(name) ?? 1) - 1
      for (const address of records.get(name)?.(count) ?? []) {
        const kind = address.includes(':') ? dns2.Packet.TYPE.AAAA : dns2.Packet.TYPE.A
        if (kind === type) response.answers.push({ name, type, class: dns2.Packet.CLASS.IN, ttl: 0, address } as never)
      }
      void send(response)
    },
  })
  const { udp } = (await server.listen({ udp: { port: 0, address: '127.0.0.1' } })) as { udp: AddressInfo }
  const resolver = new Resolver({ timeout: 2000, tries: 1 })
  resolver.setServers([`127.0.0.1:${udp.port}`])
  const family = async (hostname: string, version: 4 | 6) => {
    const found = await resolver[`resolve${version}`](hostname).catch(() => [])
    return found.map((address) => ({ address, family: version }))
  }
  return {
    lookup: async (hostname) => [...(await family(hostname, 4)), ...(await family(hostname, 6))],
    asked: (name) => asked.get(name) ?? 0,
    close: () => server.close(),
  }
}
