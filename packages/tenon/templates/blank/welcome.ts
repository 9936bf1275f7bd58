import { defineFlow, manual, signal } from 'tenon'
import { z } from 'zod'

/** Greets a customer, and thanks them when they have confirmed; a crash in between loses nothing. */
export const welcome = defineFlow('welcome', {
  trigger: manual(z.object({ name: z.string() })), // started by hand: tenon runs start welcome
  waits: { confirmed: signal() },

  async run({ event, step }) {
    const { name } = event.data
    await step.run('greet', () => console.log(`Welcome, ${name}!`)) // a step: never done twice
    await step.waitFor('confirmed', { timeout: '14d' }) // not in memory meanwhile
    await step.run('thank', () => console.log(`Thank you, ${name}.`))
    return 'confirmed'
  },
})
