import { testApp } from 'tenon/testing'
import { expect, test } from 'vitest'
import app from './app.ts'

test('a customer is thanked when they have confirmed', async () => {
  await using world = await testApp(app)
  const run = await world.start('welcome', { name: 'Mia' })
  expect(await world.run(run)).toMatchObject({ status: 'waiting' })
  await world.signal(run, 'confirmed')
  expect(await world.run(run)).toMatchObject({ status: 'completed', output: 'confirmed' })
})

test('one who does not confirm within two weeks is not', async () => {
  await using world = await testApp(app)
  const run = await world.start('welcome', { name: 'Mia' })
  await world.advance('15d')
  expect(await world.run(run)).toMatchObject({ status: 'failed', code: 'TIMEOUT' })
})
