import type { DescribedAuth } from '../../description.ts'
import type { Reading } from './reading.ts'
import { child, children, followed, isFields, items, placeOf, said, type Fields, type Node } from './references.ts'

type Call = Pick<DescribedAuth, 'scheme' | 'arguments'>

/** The ways to authenticate that a connector can carry, those that are asked for most first. */
export function readSecurity(
  reading: Reading,
  operations: readonly Node[],
  base: URL | null,
): readonly DescribedAuth[] {
  const schemes = new Map(reading.shape.schemes(reading.root))
  const asked = askedFor(reading, operations)
  const byUse = [...asked.keys()].toSorted(
    (left, right) => (asked.get(right)?.uses ?? 0) - (asked.get(left)?.uses ?? 0),
  )
  const found: DescribedAuth[] = []
  // What is described and never asked for comes last: some documents forget to ask.
  for (const name of new Set([...byUse, ...schemes.keys()])) {
    const given = schemes.get(name)
    const node = given === undefined ? undefined : followed(given)
    if (node === undefined || typeof node === 'string' || !isFields(node.value)) {
      reading.notes.add(
        child(reading.root, 'security'),
        `the security scheme ${name.slice(0, 100)} is not described: left out`,
      )
      continue
    }
    const { description } = node.value
    const place = placeOf(node, reading.first)
    for (const call of callsOf(reading, node, { scopes: asked.get(name)?.scopes ?? [], base }))
      found.push({ ...call, ...(typeof description === 'string' && { description }), place })
  }
  return found.filter((one, index) => found.findIndex((other) => sameCall(one, other)) === index)
}

function sameCall(left: Call, right: Call): boolean {
  return left.scheme === right.scheme && JSON.stringify(left.arguments) === JSON.stringify(right.arguments)
}

interface Asked {
  readonly uses: number
  readonly scopes: readonly string[]
}

/** How many operations name each scheme, with the scopes that they want of it. */
function askedFor({ root, notes }: Reading, operations: readonly Node[]): ReadonlyMap<string, Asked> {
  const asked = new Map<string, { uses: number; scopes: Set<string> }>()
  const general = child(root, 'security')
  const choices = operations.flatMap((operation) => {
    const own = child(operation, 'security')
    return items(own.value === undefined ? general : own)
  })
  const told = new Set<string>()
  for (const choice of choices) {
    const names = children(choice).map(([name]) => name)
    if (names.length > 1 && !told.has(names.join()))
      notes.add(choice, `asks for ${names.join(' and ').slice(0, 200)} together: a connection carries one of them`)
    told.add(names.join())
    for (const [name, scopes] of children(choice)) {
      const { uses, scopes: before } = asked.get(name) ?? { uses: 0, scopes: new Set<string>() }
      const named = items(scopes).flatMap(({ value }) => (typeof value === 'string' ? [value] : []))
      asked.set(name, { uses: uses + 1, scopes: new Set([...before, ...named]) })
    }
  }
  return new Map([...asked].map(([name, { uses, scopes }]) => [name, { uses, scopes: [...scopes] }]))
}

interface About {
  readonly scopes: readonly string[]
  readonly base: URL | null
}

const bearer: Call = { scheme: 'bearer', arguments: ['token', 'Access token'] }

function callsOf(reading: Reading, node: Node, about: About): readonly Call[] {
  const value = node.value as Fields
  switch (value['type']) {
    case 'http':
      return http(reading, node, said(value['scheme']).toLowerCase())
    case 'apiKey':
      return key(reading, node, value)
    case 'oauth2':
      return oauth(reading, child(node, 'flows'), about)
    case 'openIdConnect':
      return openId(reading, node, about)
    case 'mutualTLS':
      return [{ scheme: 'mutualTls', arguments: [] }]
    default:
      reading.notes.add(
        node,
        `the type ${said(value['type']).slice(0, 40)} of a security scheme is not known: left out`,
      )
      return []
  }
}

function http({ notes }: Reading, node: Node, scheme: string): readonly Call[] {
  if (scheme === 'bearer' || scheme === 'token') return [bearer]
  if (scheme === 'basic') return [{ scheme: 'basic', arguments: ['user', 'password'] }]
  notes.add(node, `the HTTP scheme ${scheme.slice(0, 40)} is not carried over: write auth by hand`)
  return []
}

function key({ notes }: Reading, node: Node, { name, in: place }: Fields): readonly Call[] {
  const isName = typeof name === 'string' && /^[\w!#$%&'*+.^`|~[\]-]+$/.test(name)
  if (!isName || !['header', 'query', 'cookie'].includes(said(place))) {
    notes.add(node, 'an API key needs a name, and header, query or cookie as in: left out')
    return []
  }
  const isWhole = place === 'header' && name.toLowerCase() === 'authorization'
  return [
    {
      scheme: 'apiKey',
      arguments: ['key', isWhole ? 'Value of the header Authorization' : 'API key', { [place as string]: name }],
    },
  ]
}

/** RFC 6749: by a person's consent, or by the program's own credentials. Where only a flow is described that nobody should use any more, a token that was obtained elsewhere. */
function oauth(reading: Reading, flows: Node, { scopes, base }: About): readonly Call[] {
  const calls: Call[] = []
  const endpoint = (flow: Node, name: string): string | undefined => {
    const value = child(flow, name).value
    if (typeof value !== 'string' || !URL.canParse(value, base?.href)) return undefined
    return new URL(value, base?.href).href
  }
  const scope = scopes.length > 0 ? { scopes } : {}
  const code = child(flows, 'authorizationCode')
  const [authorisation, token] = [endpoint(code, 'authorizationUrl'), endpoint(code, 'tokenUrl')]
  if (authorisation !== undefined && token !== undefined)
    calls.push({ scheme: 'oauth2', arguments: [{ endpoints: { authorisation, token }, ...scope }] })
  const own = endpoint(child(flows, 'clientCredentials'), 'tokenUrl')
  if (own !== undefined)
    calls.push({ scheme: 'clientCredentials', arguments: [{ endpoints: { token: own }, ...scope }] })
  const device = child(flows, 'deviceAuthorization')
  const [start, given] = [endpoint(device, 'deviceAuthorizationUrl'), endpoint(device, 'tokenUrl')]
  if (start !== undefined && given !== undefined)
    calls.push({ scheme: 'deviceCode', arguments: [{ endpoints: { device: start, token: given }, ...scope }] })
  if (calls.length > 0) return calls
  reading.notes.add(
    flows,
    'describes no flow of OAuth 2 that is carried over (authorization code, client credentials, device): a token is asked for',
  )
  return [bearer]
}

function openId({ notes }: Reading, node: Node, { scopes }: About): readonly Call[] {
  const url = (node.value as Fields)['openIdConnectUrl']
  const issuer =
    typeof url === 'string' ? /^(https:\/\/.+)\/\.well-known\/openid-configuration$/.exec(url)?.[1] : undefined
  if (issuer !== undefined)
    return [{ scheme: 'oauth2', arguments: [{ endpoints: { issuer }, ...(scopes.length > 0 && { scopes }) }] }]
  notes.add(node, 'has no address that ends in /.well-known/openid-configuration: a token is asked for')
  return [bearer]
}
