import { describe, expect, test } from 'vitest'
import { z } from 'zod'
import { defineApp, defineConnection, fromEnvironment, type AppOptions } from './app.ts'
import { noAuth } from './auth.ts'
import { checkApp } from './check.ts'
import { defineConnector, type ConnectorOptions } from './connector.ts'
import { postgres } from './database.ts'
import { defineFlow } from './flow.ts'
import { manual, schedule, signal } from './trigger.ts'
import { unverified } from './verifier.ts'

const read = { method: 'GET', path: '/things', input: z.object({}), output: z.object({}) } as const
const webhooks = { verify: unverified('a test'), read: () => [] }

function connector(changed: Partial<ConnectorOptions> = {}, name = 'erp') {
  return defineConnector(name, {
    baseUrl: 'https://erp.example',
    auth: noAuth(),
    operations: { read },
    events: {
      paid: { data: z.object({ id: z.string() }), correlate: { id: (data: { id: string }) => data.id } },
      lost: { data: z.object({}) },
    },
    webhooks,
    ...(changed as object),
  })
}

const erp = connector()
const flow = (changed: object = {}, name = 'order-paid') =>
  defineFlow(name, { trigger: erp.on('paid'), uses: { erp }, run: () => undefined, ...changed } as object as Parameters<
    typeof defineFlow
  >[1])

/** An app whose only account is one of a connector with these limits. */
const limited = (limits: object): Partial<AppOptions> => ({
  connections: [defineConnection(connector({ policies: { limits } }, 'crm'), { credentials: {} })],
})

function problemsOf(options: Partial<AppOptions>) {
  const connections = [defineConnection(erp, { credentials: {} })]
  return checkApp(defineApp({ flows: [], connections, ...options })).map(({ where, message, remedy }) => {
    expect(remedy.length).toBeGreaterThan(10)
    return `${where}: ${message}`
  })
}

describe('an app is checked before anything of it runs', () => {
  test('a sound one has no problems', () => {
    const nightly = flow(
      { trigger: schedule('0 3 * * *', { timeZone: 'Europe/Berlin' }), waits: { ok: signal(), paid: erp.on('paid') } },
      'nightly',
    )
    expect(
      problemsOf({
        flows: [flow(), flow({ version: 2 }), nightly, flow({ trigger: manual(z.object({})) }, 'by-hand')],
      }),
    ).toEqual([])
  })

  test.each([
    [
      'a database whose URL stands in the code',
      { database: 'postgres://me:secret@db/app' },
      'database: it is not what postgres() makes of fromEnvironment()',
    ],
    [
      'a lease that is too short to be kept',
      { database: postgres(fromEnvironment('DATABASE_URL'), { lease: '10ms' }) },
      'database: its lease is not a time from 1s to 5m',
    ],
    ['a flow defined twice', { flows: [flow(), flow()] }, 'flow order-paid: version 1 is defined twice'],
    [
      'an alias that run already receives',
      { flows: [flow({ uses: { step: erp } })] },
      'flow order-paid: uses.step: run already receives something named step',
    ],
    [
      'something in uses that is no connector',
      { flows: [flow({ uses: { erp: undefined } })] },
      'flow order-paid: uses.erp is undefined, not a connector',
    ],
    [
      'an event that is not declared',
      { flows: [flow({ trigger: erp.on('eaten' as never) })] },
      'flow order-paid: trigger: erp declares no event "eaten"',
    ],
    [
      'a wait without a field to match on',
      { flows: [flow({ waits: { lost: erp.on('lost') } })] },
      'flow order-paid: waits.lost: lost has no field to match on',
    ],
    ['a wait that is nothing', { flows: [flow({ waits: { lost: 7 } })] }, 'flow order-paid: waits.lost is 7'],
    ['a trigger that is nothing', { flows: [flow({ trigger: undefined })] }, 'flow order-paid: trigger is undefined'],
    [
      'a bad time limit',
      { flows: [flow({ timeout: '2 hours' })] },
      'flow order-paid: timeout is "2 hours", which is not a duration',
    ],
    [
      'a bad pause',
      { flows: [flow({ retry: { base: 250 } })] },
      'flow order-paid: retry.base is 250, which is not a duration',
    ],
    ['no tries at all', { flows: [flow({ retry: { attempts: 0 } })] }, 'flow order-paid: retry.attempts is 0'],
    ['half a permit', { flows: [flow({ concurrency: 1.5 })] }, 'flow order-paid: concurrency is 1.5'],
    ['a version that is no number', { flows: [flow({ version: '2' })] }, 'flow order-paid: version is "2"'],
    ['an unknown choice', { flows: [flow({ keyUntil: 'whenever' })] }, 'flow order-paid: keyUntil is "whenever"'],
    [
      'a name that cannot stand in a route',
      { flows: [flow({}, '../order')] },
      'flow ../order: name is "../order", which cannot be used as a name',
    ],
    [
      'a bad cron expression',
      { flows: [flow({ trigger: schedule('61 * * * *') })] },
      'flow order-paid: trigger.cron is "61 * * * *", which is not a cron expression',
    ],
    [
      'a time that never comes',
      { flows: [flow({ trigger: schedule('0 3 31 2 *') })] },
      'flow order-paid: trigger.cron "0 3 31 2 *" names a moment that never comes',
    ],
    [
      'a bad time zone',
      { flows: [flow({ trigger: schedule('0 3 * * *', { timeZone: 'Mars/Base' }) })] },
      'flow order-paid: trigger.timeZone is "Mars/Base", which is not a time zone',
    ],
    ['a flow that does nothing', { flows: [flow({ run: undefined })] }, 'flow order-paid: run is missing'],
    ['something in flows that is no flow', { flows: [erp as never] }, 'app: flows[0] is an object, not a flow'],
    ['a bad retention', { retention: 'for ever' as never }, 'app: retention is "for ever", which is not a duration'],
    [
      'a connection defined twice',
      { connections: [defineConnection(erp, { credentials: {} }), defineConnection(erp, { credentials: {} })] },
      'connection erp/main: it is defined twice',
    ],
    [
      'a limit without a time',
      limited({ declared: [{ name: 'default', requests: 100 }] }),
      'connector crm: policies.limits.declared[0].per is missing',
    ],
    [
      'a limit of nothing',
      limited({ declared: [{ name: 'default', requests: 0, per: '1s' }] }),
      'connector crm: policies.limits.declared[0].requests is 0',
    ],
    [
      'two limits of one name',
      limited({
        declared: [
          { name: 'one', requests: 1, per: '1s' },
          { name: 'one', requests: 2, per: '1m' },
        ],
      }),
      'connector crm: policies.limits.declared[1].name is "one", as another limit\'s',
    ],
    [
      'a limit of an operation that there is not',
      limited({ declared: [{ name: 'default', requests: 1, per: '1s', operations: ['reed'] }] }),
      'connector crm: policies.limits.declared[0] names the operation "reed", which there is not',
    ],
    [
      'a limit that its dearest operation never fits into',
      limited({ declared: [{ name: 'default', requests: 100, per: '1s', burst: 5, costs: { read: 10 } }] }),
      'connector crm: policies.limits.declared[0]: an operation costs 10, and at most 5 may go at once',
    ],
    [
      'a limit for a credential that there is not',
      limited({ declared: [{ name: 'live', requests: 1, per: '1s', when: { field: 'key', startsWith: ['live'] } }] }),
      'connector crm: policies.limits.declared[0].when.field is "key", which is no field of auth',
    ],
    [
      'an unknown dialect of limits',
      limited({ learn: 'hubspots' }),
      'connector crm: policies.limits.learn is "hubspots"',
    ],
    [
      "a limit of the app's that is none",
      { policies: { erp: { limits: { declared: [7 as never] } } } },
      'app: policies.erp.limits.declared[0] is 7',
    ],
    ['an unknown priority', { flows: [flow({ priority: 'urgent' })] }, 'flow order-paid: priority is "urgent"'],
    [
      'a secret in code',
      { connections: [defineConnection(erp, { credentials: { key: 'sk_live_1' as never } })] },
      'connection erp/main: credentials.key is not taken from the environment',
    ],
    [
      'a connection that is not there',
      { flows: [flow({ uses: { eu: erp.connection('eu') } })] },
      'flow order-paid: uses.eu: erp has no connection named "eu"',
    ],
    ['no account at all', { flows: [flow()], connections: [] }, 'flow order-paid: there is no connection for erp'],
  ] as const)('refused: %s', (_what, options, expected) => {
    expect(problemsOf(options as never)).toContainEqual(expect.stringContaining(expected))
  })

  test.each([
    ['nothing to call', { operations: {} }, 'flow order-paid: uses.erp: the connector erp has no operations to call'],
    [
      'no route by which its events could arrive',
      { webhooks: undefined },
      'flow order-paid: trigger: there is no route by which events of erp could arrive',
    ],
    ['WHI-04: no verifier', { webhooks: { read: () => [] } }, 'connector erp: webhooks.verify is missing'],
    [
      'a bad dedupe window',
      { webhooks: { ...webhooks, dedupe: 'month' } },
      'connector erp: webhooks.dedupe is "month", which is not a duration',
    ],
    ['a bad time limit', { timeout: '5' }, 'connector erp: timeout is "5", which is not a duration'],
    [
      'a bad key life',
      { idempotency: { header: 'key', life: 24 } },
      'connector erp: idempotency.life is 24, which is not a duration',
    ],
    [
      'an operation without a schema',
      { operations: { read: { ...read, input: {} } } },
      'connector erp: operations.read.input is not a schema',
    ],
    [
      'a look-up that does not exist',
      { operations: { read: { ...read, lookup: { operation: 'find' } } } },
      'connector erp: operations.read.lookup.operation is "find", which erp does not have',
    ],
    ['a bad address', { baseUrl: 'erp.example' }, 'connector erp: baseUrl is "erp.example", which is not a URL'],
  ] as const)('refused: a connector with %s', (_what, changed, expected) => {
    const broken = connector(changed as never)
    const flows = [
      defineFlow('order-paid', { trigger: broken.on('paid'), uses: { erp: broken }, run: () => undefined }),
    ]
    expect(problemsOf({ flows, connections: [defineConnection(broken, { credentials: {} })] })).toContainEqual(
      expect.stringContaining(expected),
    )
  })

  test('an app whose accounts are connected while it runs needs none at its start', () => {
    expect(problemsOf({ flows: [flow()], connections: [], connect: {} })).toEqual([])
    expect(problemsOf({ flows: [flow({ uses: { eu: erp.connection('eu') } })], connect: {} })).toEqual([])
  })

  test('refused: two different connectors of one name', () => {
    const connections = [
      defineConnection(erp, { credentials: {} }),
      defineConnection(connector(), { name: 'other', credentials: { key: fromEnvironment('KEY') } }),
    ]
    expect(problemsOf({ connections })).toContain('connector erp: two different connectors have this name')
  })

  test.each([
    [{ breaker: { failures: 2 } }, 'policies.breaker.failures is 2'],
    [{ breaker: { open: '0s' } }, 'policies.breaker.open is "0s"'],
    [{ breaker: { colour: 1 } }, 'policies.breaker has no member colour'],
    [{ breaker: true }, 'policies.breaker is true'],
    [{ braker: {} }, 'policies.braker is no policy'],
    [{ concurrency: { min: 5, max: 2 } }, 'policies.concurrency.min is 5, more than max, which is 2'],
    [{ concurrency: { adapt: 1 } }, 'policies.concurrency.adapt is 1'],
    [{ retry: { attempts: 0 } }, 'policies.retry.attempts is 0'],
    [{ retryBudget: { perSecond: -1 } }, 'policies.retryBudget.perSecond is -1'],
    [{ limits: { declared: [{ name: 'a', per: '1s' }] } }, 'policies.limits.declared[0].requests is missing'],
    [{ coalesce: 'no' }, 'policies.coalesce is "no"'],
    [[], 'policies is an array'],
  ] as const)('refused: policies %j', (policies, expected) => {
    const strict = connector({ policies } as never)
    const flows = [defineFlow('order-paid', { trigger: strict.on('paid'), run: () => undefined })]
    const connections = [defineConnection(strict, { credentials: {}, policies } as never)]
    const found = problemsOf({ flows, connections })
    expect(found).toContain(`connector erp: ${expected}`)
    expect(found).toContain(`connection erp/main: ${expected}`)
  })

  test("the app's policies are those of connectors that it uses", () => {
    expect(problemsOf({ policies: { erp: { breaker: false, retry: { attempts: 2 } } } })).toStrictEqual([])
    expect(problemsOf({ policies: { epr: {}, erp: { retry: 3 } } as never })).toStrictEqual([
      'app: policies.epr names a connector that the app does not use',
      'app: policies.erp.retry is 3',
    ])
  })
})
