import { afterAll, afterEach, expect, test } from 'vitest'
import { createWorkplace } from './process.fixture.ts'

const { begin, tenon, write, clear, remove } = createWorkplace()
afterEach(clear)
afterAll(remove)

test('samples of a stand-in that needs a consent wait for the account, and say how it comes', async () => {
  const app = write(
    'app.ts',
    `
import { hubspot } from '@tenon/connectors/hubspot'
import { hubspotSimulator } from '@tenon/connectors/hubspot/simulator'
import { defineApp, defineFlow } from 'tenon'
const welcome = defineFlow('welcome', {
  trigger: hubspot.on('contact.creation'),
  uses: { hubspot },
  run: ({ event, hubspot }) => hubspot.getContact({ id: event.data.objectId, properties: [] }),
})
export default defineApp({ flows: [welcome], simulators: [hubspotSimulator] })
`,
  )
  const { said } = begin('start', '--app', app)
  await said(/Samples wait until an account is connected[^]*npx tenon connect hubspot /)
  expect(JSON.parse((await tenon('runs', 'list', '--json')).out)).toMatchObject({ runs: [] })
})
