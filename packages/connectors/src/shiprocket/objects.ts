import { z } from 'zod'
import { indianTime } from './indian-time.ts'

/** Shiprocket sends many of its numbers as text. */
const number = z.union([
  z.number(),
  z
    .string()
    .regex(/^\d+(\.\d+)?$/)
    .transform(Number),
])
const text = z.union([z.string(), z.number().transform(String)])
const optionalText = text.nullish().transform((value) => value ?? '')

const id = z.int().positive()
const pincode = z.string().regex(/^\d{6}$/, 'expected six digits')
const phone = z.string().regex(/^[6-9]\d{9}$/, 'expected ten digits, without the country code')
const moment = z.union([
  z.string().regex(/^\d{4}-\d\d-\d\d \d\d:\d\d$/),
  z.iso.datetime({ offset: true }).transform((value) => indianTime(new Date(value)).slice(0, 16)),
  z.date().transform((value) => indianTime(value).slice(0, 16)),
])

export const newOrder = z.strictObject({
  /** Your own id of the order: Shiprocket makes one order of it, however often it is sent. */
  order_id: z.string().min(1).max(50),
  order_date: moment,
  /** Name of a pickup address set up in the panel. */
  pickup_location: z.string().min(1),
  comment: z.string().optional(),
  billing_customer_name: z.string().min(1),
  billing_last_name: z.string().default(''),
  billing_address: z.string().min(1),
  billing_address_2: z.string().optional(),
  billing_city: z.string().min(1).max(30),
  billing_pincode: pincode,
  billing_state: z.string().min(1),
  billing_country: z.string().default('India'),
  billing_email: z.email(),
  billing_phone: phone,
  shipping_is_billing: z.boolean().default(true),
  order_items: z
    .array(
      z.strictObject({
        name: z.string().min(1),
        sku: z.string().min(1),
        units: z.int().positive(),
        /** In rupees, tax included. */
        selling_price: z.number().nonnegative(),
        discount: z.number().nonnegative().optional(),
        tax: z.number().nonnegative().optional(),
        hsn: z.int().optional(),
      }),
    )
    .min(1),
  payment_method: z.enum(['Prepaid', 'COD']),
  /** In rupees. Shiprocket takes it as it is and does not add up the items. */
  sub_total: z.number().nonnegative(),
  /** In centimetres. */
  length: z.number().min(0.5),
  breadth: z.number().min(0.5),
  height: z.number().min(0.5),
  /** In kilograms. */
  weight: z.number().positive(),
})

export const createdOrder = z.looseObject({
  /** Shiprocket's own number of the order. */
  order_id: number,
  shipment_id: number,
  status: z.string(),
  status_code: number,
  awb_code: optionalText,
})

export const order = z.looseObject({
  id: number,
  channel_order_id: text,
  status: z.string(),
  status_code: number,
  shipments: z.array(z.looseObject({ id: number, awb: optionalText })),
})

export const orderQuery = z.strictObject({
  page: z.int().positive().optional(),
  per_page: z.int().min(1).max(100).optional(),
  sort: z.enum(['ASC', 'DESC']).optional(),
  sort_by: z.enum(['id', 'status']).optional(),
  from: z.iso.date().optional(),
  to: z.iso.date().optional(),
  /** Finds your own order ids, AWBs and customers. */
  search: z.string().optional(),
  /** Status ids, separated by commas, together with `filter_by: 'status'`. */
  filter: z.string().optional(),
  filter_by: z.enum(['status', 'payment_method', 'delivery_country']).optional(),
})

export const orderList = z.looseObject({
  data: z.array(order),
  meta: z
    .looseObject({ pagination: z.looseObject({ total: number, current_page: number, total_pages: number }).optional() })
    .optional(),
})

const flag = z.union([z.literal(0), z.literal(1)])

export const serviceabilityQuery = z
  .strictObject({
    pickup_postcode: pincode.optional(),
    delivery_postcode: pincode.optional(),
    /** In kilograms. */
    weight: z.number().positive().optional(),
    /** 1 for cash on delivery. */
    cod: flag.optional(),
    /** In place of all others: Shiprocket's own number of the order. */
    order_id: id.optional(),
    declared_value: z.number().nonnegative().optional(),
    mode: z.enum(['Surface', 'Air']).optional(),
  })
  .refine(
    ({ order_id, ...route }) =>
      order_id !== undefined ||
      [route.pickup_postcode, route.delivery_postcode, route.weight, route.cod].every((part) => part !== undefined),
    { error: 'expected order_id, or pickup_postcode, delivery_postcode, weight and cod', path: ['pickup_postcode'] },
  )

export const serviceability = z.looseObject({
  data: z.looseObject({
    available_courier_companies: z.array(
      z.looseObject({
        courier_company_id: number,
        courier_name: z.string(),
        /** In rupees. */
        rate: number,
        cod: number.optional(),
        etd: z.string().optional(),
        estimated_delivery_days: number.optional(),
      }),
    ),
    recommended_courier_company_id: number.nullish(),
  }),
})

export const awbRequest = z.strictObject({
  shipment_id: id,
  /** Default is the courier that your rules in the panel choose. */
  courier_id: id.optional(),
  /** To take another courier although there is one. */
  status: z.literal('reassign').optional(),
})

export const assignedAwb = z.looseObject({
  awb_assign_status: number,
  response: z.looseObject({
    data: z.looseObject({
      awb_code: optionalText,
      courier_company_id: number.nullish(),
      courier_name: optionalText,
      order_id: number.nullish(),
      shipment_id: number.nullish(),
      freight_charges: number.nullish(),
    }),
  }),
})

export const pickupRequest = z.strictObject({
  shipment_id: z.array(id).min(1),
  pickup_date: z.array(z.iso.date()).optional(),
})
export const pickup = z.looseObject({
  pickup_status: number,
  response: z.looseObject({
    pickup_scheduled_date: optionalText,
    pickup_token_number: optionalText,
    data: optionalText,
  }),
})

export const shipments = z.strictObject({ shipment_id: z.array(id).min(1) })
export const manifest = z.looseObject({ status: number, manifest_url: z.string() })
export const label = z.looseObject({
  label_created: number,
  label_url: z.string(),
  /** Shipments that it could not be made for. */
  not_created: z.array(z.unknown()).default([]),
})

export const nothing = z.strictObject({})
export const pickupLocations = z.looseObject({
  data: z.looseObject({
    shipping_address: z.array(
      z.looseObject({
        id: number,
        pickup_location: z.string(),
        pin_code: text.optional(),
        company_id: number.optional(),
      }),
    ),
    company_name: optionalText,
  }),
})
export const newPickupLocation = z.strictObject({
  /** The name that orders give. */
  pickup_location: z.string().min(1).max(36),
  name: z.string().min(1),
  email: z.email(),
  phone,
  address: z.string().min(10).max(80),
  address_2: z.string().optional(),
  city: z.string().min(1),
  state: z.string().min(1),
  country: z.string().min(1),
  pin_code: pincode,
})
export const addedPickupLocation = z.looseObject({ success: z.boolean(), pickup_id: number.optional() })
export const channels = z.looseObject({ data: z.array(z.looseObject({ id: number, name: z.string() })) })

export const byId = z.strictObject({ id })
export const cancellation = z.strictObject({ ids: z.array(id).min(1) })
export const cancelled = z.looseObject({ message: z.string().optional() })
export const byAwb = z.strictObject({ awb: z.string().min(1) })
export const byShipment = z.strictObject({ shipment_id: id })

export const tracking = z.looseObject({
  tracking_data: z.looseObject({
    track_status: number.optional(),
    shipment_status: number.optional(),
    shipment_track: z.array(z.looseObject({ awb_code: optionalText, current_status: optionalText })).nullish(),
    track_url: z.string().optional(),
    etd: z.string().nullish(),
  }),
})

/** The body of the tracking webhook. */
export const trackingUpdate = z.looseObject({
  awb: text,
  courier_name: optionalText,
  current_status: z.string(),
  current_status_id: number,
  shipment_status: optionalText,
  shipment_status_id: number.nullish(),
  /** `dd mm yyyy HH:mm:ss`, Indian time. */
  current_timestamp: z.string(),
  /** Your own id of the order, for orders of some channels behind the channel's number. */
  order_id: text,
  /** Shiprocket's own number of the order, as `createOrder` answered it. */
  sr_order_id: number.nullish(),
  etd: z.string().nullish(),
  scans: z.array(z.looseObject({ date: optionalText, activity: optionalText, location: optionalText })).nullish(),
})

/** What `createOrder` takes. */
export type NewOrder = z.input<typeof newOrder>
/** The same as it is sent. */
export type SentOrder = z.output<typeof newOrder>
export type CreatedOrder = z.output<typeof createdOrder>
export type PickupLocations = z.output<typeof pickupLocations>
export type OrderList = z.output<typeof orderList>
export type TrackingUpdate = z.output<typeof trackingUpdate>
