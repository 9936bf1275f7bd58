import { z } from 'zod'

const text = z.string().max(65_536)
const name = z
  .string()
  .regex(/^[a-z][a-z0-9_]{0,99}$/, { error: 'the internal name of a property, such as lifecyclestage' })
/** HubSpot's own id, or with `idProperty` the value of that property. */
const id = z.string().min(1).max(500)
const idProperty = name.optional()
const names = z.array(name).max(500).optional()
const types = z.array(z.string()).optional()
const after = z.string().min(1).optional()

/** Known ones by name, any other by the account's own definitions; an empty text takes a value away. */
const propertiesOf = <Known extends string>(...known: readonly Known[]) =>
  z
    .object(Object.fromEntries(known.map((one) => [one, text.optional()])) as Record<Known, z.ZodOptional<typeof text>>)
    .catchall(text)
    .refine((given) => Object.keys(given).length > 0, { error: 'at least one property' })

const address = ['address', 'city', 'state', 'zip', 'country'] as const

const contact = [
  'email',
  'firstname',
  'lastname',
  'phone',
  'mobilephone',
  'company',
  'website',
  'jobtitle',
  'lifecyclestage',
  'hs_lead_status',
  'hubspot_owner_id',
  ...address,
] as const

/** What a contact can hold. */
export const contactProperties = propertiesOf(...contact)
/** With the address by which a lost answer is looked for. */
export const newContactProperties = propertiesOf(...contact).and(z.looseObject({ email: text.min(1) }))
export const propertiesWithoutEmail = propertiesOf(...contact).refine(({ email }) => email === undefined, {
  error: 'no email: with one, createContact finds out what became of a lost answer',
})
export const companyProperties = propertiesOf(
  'name',
  'domain',
  'phone',
  'industry',
  'numberofemployees',
  'annualrevenue',
  'lifecyclestage',
  'hubspot_owner_id',
  ...address,
)
export const dealProperties = propertiesOf(
  'dealname',
  'amount',
  'dealstage',
  'pipeline',
  'closedate',
  'dealtype',
  'description',
  'hubspot_owner_id',
)
export const ticketProperties = propertiesOf(
  'subject',
  'content',
  'hs_pipeline',
  'hs_pipeline_stage',
  'hs_ticket_priority',
  'source_type',
  'hubspot_owner_id',
)

export const associationSpec = z.strictObject({
  associationCategory: z.enum(['HUBSPOT_DEFINED', 'USER_DEFINED', 'INTEGRATOR_DEFINED']),
  associationTypeId: z.int().positive(),
})

export const newRecord = <Properties extends z.ZodType>(properties: Properties) =>
  z.strictObject({
    properties,
    /** To records that are there already. */
    associations: z
      .array(z.strictObject({ to: z.strictObject({ id }), types: z.array(associationSpec).min(1) }))
      .optional(),
  })

export const recordChange = <Properties extends z.ZodType>(properties: Properties) =>
  z.strictObject({ id, idProperty, properties })

export const byId = z.strictObject({ id })

export const oneRecord = z.strictObject({
  id,
  /** A property whose values are unique, such as `email` of contacts. */
  idProperty,
  /** Which ones to answer with; default is a few. */
  properties: names,
  /** Kinds of records whose associations to answer with, such as `companies`. */
  associations: types,
  archived: z.boolean().optional(),
})

export const recordQuery = z.strictObject({
  limit: z.int().min(1).max(100).optional(),
  after,
  properties: names,
  associations: types,
  /** Deleted ones in place of the others. */
  archived: z.boolean().optional(),
})

const filter = z.strictObject({
  propertyName: name,
  operator: z.enum([
    'EQ',
    'NEQ',
    'LT',
    'LTE',
    'GT',
    'GTE',
    'BETWEEN',
    'IN',
    'NOT_IN',
    'HAS_PROPERTY',
    'NOT_HAS_PROPERTY',
    'CONTAINS_TOKEN',
    'NOT_CONTAINS_TOKEN',
  ]),
  value: text.optional(),
  values: z.array(text).optional(),
  highValue: text.optional(),
})

export const search = z.strictObject({
  /** Looked for in the properties that people search by. */
  query: z.string().max(3000).optional(),
  /** One group must hold, and of a group all filters. */
  filterGroups: z
    .array(z.strictObject({ filters: z.array(filter).min(1).max(6) }))
    .max(5)
    .optional(),
  sorts: z
    .array(
      z.union([
        name,
        z.strictObject({ propertyName: name, direction: z.enum(['ASCENDING', 'DESCENDING']).optional() }),
      ]),
    )
    .max(1)
    .optional(),
  properties: names,
  limit: z.int().min(1).max(200).optional(),
  /** Of a search no more than the first 10,000 can be read. */
  after,
})

export const batchRead = z.strictObject({
  inputs: z.array(z.strictObject({ id })).min(1).max(100),
  idProperty,
  properties: names,
  propertiesWithHistory: names,
})

export const batchUpsert = <Properties extends z.ZodType>(properties: Properties) =>
  z.strictObject({
    inputs: z
      .array(z.strictObject({ id, idProperty: name, properties, objectWriteTraceId: z.string().optional() }))
      .min(1)
      .max(100),
  })

const objectType = z.string().regex(/^[\w-]{1,100}$/)
const pair = { fromType: objectType, fromId: id, toType: objectType, toId: id }

export const associationPair = z.strictObject(pair)
export const associationLabels = z.strictObject({ ...pair, labels: z.array(associationSpec).min(1) })
export const associationQuery = z.strictObject({
  fromType: objectType,
  fromId: id,
  toType: objectType,
  limit: z.int().min(1).max(500).optional(),
  after,
})

export const ownerQuery = z.strictObject({
  email: z.string().optional(),
  limit: z.int().min(1).max(500).optional(),
  after,
  archived: z.boolean().optional(),
})

export const propertyQuery = z.strictObject({ objectType, archived: z.boolean().optional() })
export const oneProperty = z.strictObject({ objectType, name })
export const newProperty = z.strictObject({
  objectType,
  name,
  label: z.string().min(1),
  type: z.enum(['string', 'number', 'date', 'datetime', 'enumeration', 'bool']),
  fieldType: z.enum(['text', 'textarea', 'number', 'date', 'select', 'radio', 'checkbox', 'booleancheckbox']),
  /** Such as `contactinformation`, `companyinformation`, `dealinformation` or `ticketinformation`. */
  groupName: z.string().min(1),
  description: z.string().optional(),
  options: z
    .array(
      z.strictObject({
        label: z.string(),
        value: z.string(),
        displayOrder: z.int().optional(),
        hidden: z.boolean().optional(),
      }),
    )
    .optional(),
  /** True lets records be found and upserted by it. */
  hasUniqueValue: z.boolean().optional(),
})

export const pipelineQuery = z.strictObject({ objectType: z.enum(['deals', 'tickets']) })
export const nothing = z.strictObject({})
