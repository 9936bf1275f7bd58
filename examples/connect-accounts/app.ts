// The part of Easel that Tenon runs. Easel is a product for studios that give courses: each studio connects its own HubSpot account, and every booking goes there.
//
//   npm start --workspace examples/connect-accounts     Tenon, a simulated HubSpot, and Easel on http://localhost:4500
//
// The browser's way: Easel asks Tenon for a link (product.ts), sends the studio's owner there, HubSpot asks for consent, and Tenon leads back to Easel. No token and no secret of
// HubSpot ever reaches Easel.
import { hubspotSimulator } from '@tenon/connectors/hubspot/simulator'
import { defineApp, fromEnvironment } from 'tenon'
import { bookingToCrm } from './booking-to-crm.ts'
import { followUp } from './follow-up.ts'

export default defineApp({
  // What studios read on the page that the link opens.
  name: 'Easel',
  flows: [bookingToCrm, followUp],
  connect: {
    // A link leads back to these origins only.
    returnTo: [process.env['EASEL_URL'] ?? 'http://localhost:4500'],
    // Easel's registration with HubSpot; without it, the simulator's.
    clients: {
      hubspot: {
        clientId: fromEnvironment('HUBSPOT_CLIENT_ID'),
        clientSecret: fromEnvironment('HUBSPOT_CLIENT_SECRET'),
      },
    },
  },
  simulators: [hubspotSimulator],
})
