import type { LimitOptions, LimitsOptions } from 'tenon'

const counted = (mode: 'live' | 'test', requests: number): readonly LimitOptions[] => {
  const when = { field: 'secretKey', startsWith: [`sk_${mode}_`, `rk_${mode}_`] }
  return [
    { name: `${mode}-reads`, requests, per: '1s', methods: ['GET'], when },
    { name: `${mode}-writes`, requests, per: '1s', methods: ['POST', 'DELETE'], when },
  ]
}

/** https://docs.stripe.com/rate-limits: reads and writes are counted apart, less is taken in test mode, and answers tell nothing of it. */
export const limits: LimitsOptions = {
  declared: [
    ...counted('live', 100),
    ...counted('test', 25),
    {
      name: 'searches',
      requests: 20,
      per: '1s',
      operations: ['searchPaymentIntents', 'searchCharges', 'searchCustomers'],
    },
  ],
}
