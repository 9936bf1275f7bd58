import type { LimitsOptions } from 'tenon'

const searches = ['searchContacts', 'searchCompanies', 'searchDeals', 'searchTickets']

/**
 * Of an app that many accounts connect, in each account: https://developers.hubspot.com/docs/developer-tooling/platform/usage-guidelines. Searches are counted by
 * themselves, and tell nothing in headers.
 */
export const limits: LimitsOptions = {
  declared: [
    { name: 'requests', requests: 110, per: '10s', burst: 50 },
    { name: 'search', requests: 5, per: '1s', burst: 4, operations: searches },
  ],
  learn: 'hubspot',
}
