import type { Account, Owner } from './objects.ts'
import type { Portal } from './portal.ts'

/** The users of an account. */
export function ownersOf({ id }: Portal): readonly Owner[] {
  const [first, second] = id === '1001' ? ['Priya Menon', 'Jonas Weber'] : ['Elena Rossi', 'Sam Okafor']
  return [first, second].map((name, index) => {
    const [firstName = '', lastName = ''] = (name ?? '').split(' ')
    const number = Number(id) * 10 + index + 1
    return {
      id: String(number),
      type: 'PERSON',
      email: `${firstName}.${lastName}@example.com`.toLowerCase(),
      firstName,
      lastName,
      userId: number + 50_000,
      userIdIncludingInactive: number + 50_000,
      archived: false,
      createdAt: '2024-01-01T00:00:00.000Z',
      updatedAt: '2024-01-01T00:00:00.000Z',
    }
  })
}

export function detailsOf({ id }: Portal): Account {
  return {
    portalId: Number(id),
    accountType: 'STANDARD',
    timeZone: 'Europe/Berlin',
    companyCurrency: 'EUR',
    additionalCurrencies: [],
    utcOffset: '+01:00',
    utcOffsetMilliseconds: 3_600_000,
    uiDomain: 'app.hubspot.com',
    dataHostingLocation: 'eu1',
  }
}
