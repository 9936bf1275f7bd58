import { usePostgres } from '../postgres/postgres.fixture.ts'
import { postgresStore } from './postgres.ts'
import { storeSuite } from './store.suite.ts'

const server = usePostgres()

storeSuite('postgres', async () => {
  const url = server().url(await server().newDatabase())
  let store = postgresStore({ url })
  return {
    store,
    async reopen() {
      await store.close()
      store = postgresStore({ url })
      return store
    },
    end: () => store.close(),
  }
})
