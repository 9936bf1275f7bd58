import { setTimeout as sleep } from 'node:timers/promises'
import { usePostgres } from '../../postgres/postgres.fixture.ts'
import { virtualClock } from '../../testing/virtual-clock.ts'
import { memoryAllotter } from './allotment.ts'
import { allotterSuite } from './allotter.suite.ts'
import { postgresAllotter } from './postgres-allotter.ts'

allotterSuite('in memory', async () => {
  const clock = virtualClock()
  return { allotter: memoryAllotter(clock), pass: (ms) => clock.advance(ms), end: async () => undefined }
})

const server = usePostgres()

allotterSuite('PostgreSQL', async () => {
  const url = server().url(await server().newDatabase())
  const allotter = postgresAllotter({ url })
  return { allotter, pass: (ms) => sleep(ms), end: () => allotter.close() }
})
