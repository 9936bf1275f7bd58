import { memoryStore } from './memory.ts'
import { storeSuite } from './store.suite.ts'

storeSuite('memory', async () => {
  let store = memoryStore()
  return {
    store,
    async reopen() {
      await store.close()
      store = memoryStore(store.state)
      return store
    },
    end: () => store.close(),
  }
})
