import type { Order } from './objects.ts'

/** What the simulated shop sells. */
export const goods = [
  { sku: 'OAK-TRAY', name: 'Oak tray', unit_price: 129_900, weight_grams: 900, on_hand: 5_000_000 },
  { sku: 'ASH-BOWL', name: 'Ash bowl', unit_price: 59_900, weight_grams: 450, on_hand: 5_000_000 },
  { sku: 'ELM-STOOL', name: 'Elm stool', unit_price: 499_900, weight_grams: 4200, on_hand: 5_000_000 },
  { sku: 'WALNUT-BOX', name: 'Walnut box', unit_price: 99_900, weight_grams: 700, on_hand: 0 },
] as const

type Sku = (typeof goods)[number]['sku']

const people = [
  { name: 'Asha Rao', city: 'Bengaluru', state: 'Karnataka', postal_code: '560001', line1: '12 Lavelle Road' },
  { name: 'Vikram Shah', city: 'Mumbai', state: 'Maharashtra', postal_code: '400001', line1: '4 Horniman Circle' },
  { name: 'Meera Nair', city: 'Kochi', state: 'Kerala', postal_code: '682001', line1: '27 Princess Street' },
] as const

const baskets: readonly (readonly (readonly [Sku, number])[])[] = [
  [
    ['OAK-TRAY', 1],
    ['ASH-BOWL', 2],
  ],
  [
    ['ASH-BOWL', 1],
    ['OAK-TRAY', 1],
  ],
  [
    ['ELM-STOOL', 1],
    ['ASH-BOWL', 1],
  ],
]

export const orderForm = /^SO-\d{1,12}$/

/** The orders of a fresh shop. */
export function sampleOrders(now: string): Order[] {
  return ['SO-1001', 'SO-1002', 'SO-1003'].flatMap((id) => numberedOrder(id, now) ?? [])
}

/** The order that a number stands for: always the same for the same number. `undefined` for what is no order number. */
export function numberedOrder(id: string, now: string): Order | undefined {
  if (!orderForm.test(id)) return undefined
  const number = Number(id.slice(3))
  const person = people[(number + 1) % people.length] ?? people[0]
  const { name, ...address } = person
  const lines = (baskets[(number + 1) % baskets.length] ?? []).flatMap(([wanted, quantity]) =>
    goods
      .filter(({ sku }) => sku === wanted)
      .map(({ sku, name, unit_price, weight_grams }) => ({ sku, name, quantity, unit_price, weight_grams })),
  )
  return {
    id,
    status: 'open',
    customer: {
      name,
      email: `${name.toLowerCase().replace(' ', '.')}@example.com`,
      phone: `91${9_800_000_000 + (number % 100_000_000)}`,
    },
    address: { ...address, country: 'India' },
    lines,
    currency: 'inr',
    total: lines.reduce((sum, { quantity, unit_price }) => sum + quantity * unit_price, 0),
    created_at: now,
    updated_at: now,
  }
}
