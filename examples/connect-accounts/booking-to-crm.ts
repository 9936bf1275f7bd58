import { hubspot } from '@tenon/connectors/hubspot'
import { defineFlow, manual, TerminalError } from 'tenon'
import { z } from 'zod'

export const booking = z.object({
  number: z.string(),
  course: z.string(),
  /** In whole units of the studio's currency. */
  price: z.number(),
  guest: z.object({ name: z.string(), email: z.email() }),
})

export type Booking = z.output<typeof booking>

/** Runs for one studio, by the HubSpot account that this studio connected: its only one. */
export const bookingToCrm = defineFlow('booking-to-crm', {
  description: 'A booking becomes a contact and a deal in the HubSpot account of its studio.',
  trigger: manual(booking),
  uses: { hubspot },
  // A guest's bookings go one after the other.
  key: ({ data }) => data.guest.email,

  async run({ event: { data }, hubspot: crm }) {
    const [firstname = '', ...rest] = data.guest.name.split(' ')
    // May be repeated: the same address is the same person.
    const { results, errors } = await crm.upsertContacts({
      inputs: [{ id: data.guest.email, idProperty: 'email', properties: { firstname, lastname: rest.join(' ') } }],
    })
    const contact = results[0]
    if (contact === undefined) throw new TerminalError(errors?.[0]?.message ?? 'HubSpot took no contact')
    // HubSpot cannot tell a repeated one from a new one: should its answer get lost, a person decides.
    const deal = await crm.createDeal({
      properties: { dealname: `${data.course} (${data.number})`, amount: String(data.price), dealstage: 'closedwon' },
    })
    await crm.associate({ fromType: 'deals', fromId: deal.id, toType: 'contacts', toId: contact.id })
    return { contact: contact.id, deal: deal.id }
  },
})
