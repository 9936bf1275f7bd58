import { z } from 'zod'

/** A record of the CRM; values of properties are texts, also those of numbers and times. */
export const record = z.looseObject({
  id: z.string(),
  properties: z.record(z.string(), z.string().nullable()),
  createdAt: z.string(),
  updatedAt: z.string(),
  archived: z.boolean().optional(),
  archivedAt: z.string().optional(),
  associations: z
    .record(z.string(), z.looseObject({ results: z.array(z.looseObject({ id: z.string(), type: z.string() })) }))
    .optional(),
})

const paging = z.looseObject({ next: z.looseObject({ after: z.string() }).optional() }).optional()

/** A page; where `paging.next` is missing, it is the last one. */
export const pageOf = <Item extends z.ZodType>(item: Item) => z.looseObject({ results: z.array(item), paging })
export const foundOf = <Item extends z.ZodType>(item: Item) =>
  z.looseObject({ total: z.number(), results: z.array(item), paging })

/** Why some of a batch came to nothing; `context.ids` names them. */
const batchError = z.looseObject({
  status: z.string(),
  category: z.string(),
  message: z.string(),
  context: z.record(z.string(), z.array(z.string())).optional(),
})

/** What came of a batch: others may have been done where some were not. */
export const batchOf = <Item extends z.ZodType>(item: Item) =>
  z.looseObject({
    status: z.string(),
    results: z.array(item),
    numErrors: z.number().optional(),
    errors: z.array(batchError).optional(),
  })

/** `new` says whether it was made or changed. */
export const upserted = record.extend({ new: z.boolean() })

export const archived = z.looseObject({ archived: z.literal(true) })

const id = z.union([z.string(), z.number()]).transform(String)

export const association = z.looseObject({
  toObjectId: id,
  associationTypes: z.array(
    z.looseObject({ category: z.string(), typeId: z.number(), label: z.string().nullable().optional() }),
  ),
})

const associationEnd = z.looseObject({ id })

export const associated = z.looseObject({
  status: z.string(),
  results: z.array(
    z.looseObject({
      from: associationEnd,
      to: associationEnd,
      associationSpec: z.looseObject({ associationCategory: z.string(), associationTypeId: z.number() }),
    }),
  ),
})

export const labelled = z.looseObject({
  fromObjectId: id,
  toObjectId: id,
  labels: z.array(z.string()),
})

export const owner = z.looseObject({
  id: z.string(),
  email: z.string().nullable().optional(),
  firstName: z.string().optional(),
  lastName: z.string().optional(),
  userId: z.number().nullable().optional(),
  archived: z.boolean(),
  createdAt: z.string(),
  updatedAt: z.string(),
})

export const property = z.looseObject({
  name: z.string(),
  label: z.string(),
  type: z.string(),
  fieldType: z.string(),
  groupName: z.string(),
  description: z.string().optional(),
  options: z.array(z.looseObject({ label: z.string(), value: z.string() })),
  hasUniqueValue: z.boolean().optional(),
})

export const properties = z.looseObject({ results: z.array(property) })

export const pipelines = z.looseObject({
  results: z.array(
    z.looseObject({
      id: z.string(),
      label: z.string(),
      displayOrder: z.number(),
      archived: z.boolean(),
      stages: z.array(
        z.looseObject({
          id: z.string(),
          label: z.string(),
          displayOrder: z.number(),
          archived: z.boolean(),
          metadata: z.record(z.string(), z.string()),
        }),
      ),
    }),
  ),
})

export const account = z.looseObject({
  portalId: z.number(),
  accountType: z.string(),
  timeZone: z.string(),
  companyCurrency: z.string(),
  uiDomain: z.string(),
  dataHostingLocation: z.string(),
})

export type CrmRecord = z.output<typeof record>
export type Property = z.output<typeof property>
export type Owner = z.output<typeof owner>
export type Account = z.output<typeof account>
