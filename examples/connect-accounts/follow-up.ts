import { hubspot } from '@tenon/connectors/hubspot'
import { defineFlow } from 'tenon'

/** HubSpot sends the events of all studios to one address; Tenon gives each to the studio whose account it is. */
export const followUp = defineFlow('follow-up', {
  description: 'Somebody whom a studio writes down in HubSpot gets a ticket there: invite them to a course.',
  trigger: hubspot.on('contact.creation'),
  uses: { hubspot },

  async run({ event: { data }, hubspot: crm }) {
    // Those of bookings come from us.
    if (data.changeSource === 'INTEGRATION') return 'our own'
    const contact = await crm.getContact({ id: data.objectId, properties: ['firstname', 'email'] })
    const ticket = await crm.createTicket({
      properties: {
        subject: `Invite ${contact.properties['firstname'] ?? 'them'} to a course`,
        hs_pipeline_stage: '1',
      },
    })
    await crm.associate({ fromType: 'tickets', fromId: ticket.id, toType: 'contacts', toId: contact.id })
    return ticket.id
  },
})
