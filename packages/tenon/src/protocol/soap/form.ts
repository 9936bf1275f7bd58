import type { JsonSchema, JsonSchemaObject } from '../../schema/schema.ts'
import { lookIn, type Look } from '../rest/look.ts'
import type { OperationParts } from '../protocol.ts'
import { isRecord } from '../rest/request/text.ts'
import type { XmlForm } from './wire.ts'

/** A member of an object as XML has it. */
export interface MemberForm {
  readonly member: string
  readonly name: string
  readonly namespace: string
  readonly isAttribute: boolean
  readonly isMany: boolean
  /** Of one element. */
  readonly schema: JsonSchema
}

/** An object's form: its members in the order in which elements are written. */
export interface ObjectForm {
  readonly members: readonly MemberForm[]
  readonly hasText: boolean
  readonly open: string
}

/** Reads the forms out of schemas, each once. */
export interface Forms {
  readonly look: Look
  /** What an element holds: references followed, and of the types that it may have the one that `choose` picks; it hears their names. */
  held(schema: JsonSchema, choose: (form: XmlForm, name: string) => boolean): Held
  /** `null` for what is no object. */
  object(schema: JsonSchema): ObjectForm | null
}

interface Held {
  readonly schema: JsonSchema
  /** Where it was picked from several. */
  readonly picked?: { readonly name: string; readonly form: XmlForm }
}

export function xmlOf(schema: JsonSchema): XmlForm {
  const xml = typeof schema === 'object' ? schema['xml'] : undefined
  return isRecord(xml) ? xml : {}
}

const deepest = 64

export function formsOf(named: OperationParts['schemas']): Forms {
  const look = lookIn(named)
  const known = new WeakMap<object, ObjectForm | null>()
  return {
    look,
    held(schema, choose) {
      let found = look.lookedUp(schema)
      for (let step = 0; step < deepest && typeof found === 'object' && found.anyOf !== undefined; step += 1) {
        const branches = found.anyOf.filter((one) => typeof one !== 'object' || one.type !== 'null')
        const [first] = branches
        if (branches.length > 1) return picked(look, branches, choose) ?? { schema: found }
        if (first === undefined) break
        found = look.lookedUp(first)
      }
      return { schema: found }
    },
    object(schema) {
      if (typeof schema !== 'object' || schema.type !== 'object') return null
      let form = known.get(schema)
      if (form === undefined) known.set(schema, (form = objectForm(schema)))
      return form
    },
  }
}

function picked(
  look: Look,
  branches: readonly JsonSchema[],
  choose: (form: XmlForm, name: string) => boolean,
): Held | null {
  const types = branches.flatMap((branch) => {
    const schema = look.lookedUp(branch)
    const form = xmlOf(schema)
    const ref = typeof branch === 'object' ? (branch.$ref ?? '') : ''
    return form.type === undefined ? [] : [{ schema, name: ref.slice('#/$defs/'.length), form }]
  })
  const chosen = types.find(({ form, name }) => choose(form, name))
  if (chosen !== undefined) return { schema: chosen.schema, picked: { name: chosen.name, form: chosen.form } }
  // The first is the one that is declared.
  return types[0] === undefined ? null : { schema: types[0].schema }
}

function objectForm({ properties = {}, xml }: JsonSchemaObject): ObjectForm {
  const members = Object.entries(properties).flatMap(([member, schema]) => {
    if (member === '$value' || member === '$type') return []
    const { name = member, namespace = '', attribute, list } = xmlOf(schema)
    const isMany = typeof schema === 'object' && schema.type === 'array' && list !== true
    const inner = isMany ? (schema.items ?? true) : schema
    return [{ member, name, namespace, isAttribute: attribute === true, isMany, schema: inner }]
  })
  const open = isRecord(xml) && typeof xml['open'] === 'string' ? xml['open'] : ''
  return { members, hasText: Object.hasOwn(properties, '$value'), open }
}
