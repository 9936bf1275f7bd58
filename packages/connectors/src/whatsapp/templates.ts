import { TenonError } from 'tenon'
import { reject, type Simulation } from 'tenon/simulator'
import type { z } from 'zod'
import { tell } from './account.ts'
import { failure, refused, requireAccount } from './dialect.ts'
import type { Template } from './objects.ts'
import type { newTemplate, templateMessage, templateQuery } from './requests.ts'

const reviewMs = 4000
const longestText = 1024

const templates = (simulation: Simulation) => simulation.table<Template>('templates')
const keyOf = (name: string, language: string): string => `${name}/${language}`

/** What the account begins with: some of each state that a template can be in. */
export function firstTemplates(simulation: Simulation): void {
  const body = (text: string) => [{ type: 'BODY', text }]
  const add = (name: string, status: string, category: string, components: Template['components']): void => {
    const language = 'en'
    const id = String(simulation.number('template', 1_259_544_702_043_867))
    templates(simulation).put(keyOf(name, language), { id, name, language, status, category, components })
  }
  add('order_confirmation', 'APPROVED', 'UTILITY', body('Thank you, {{1}}! We have your order {{2}}.'))
  add('seasonal_sale', 'APPROVED', 'MARKETING', body('Hello {{1}}, our sale begins today.'))
  add('order_invoice', 'APPROVED', 'UTILITY', [
    { type: 'HEADER', format: 'DOCUMENT' },
    { type: 'BODY', text: 'Your invoice for {{order}}.' },
  ])
  add('feedback', 'PAUSED', 'MARKETING', body('How did you like it, {{1}}?'))
  add('old_offer', 'DISABLED', 'MARKETING', body('An offer for you, {{1}}.'))
  add('win_big', 'REJECTED', 'MARKETING', body('You have won, {{1}}!'))
}

type Sent = z.output<typeof templateMessage>['template']
type Parameter = NonNullable<Sent['components']>[number]['parameters'][number]

/** The template if it may be sent with these parameters. */
export function sendable(simulation: Simulation, { name, language, components = [] }: Sent): Template {
  const template = templates(simulation).get(keyOf(name, language.code))
  if (template === undefined || ['PENDING', 'REJECTED'].includes(template.status))
    return refused(132_001, `template name (${name}) does not exist in ${language.code}`)
  if (template.status === 'PAUSED') refused(132_015, `template ${name} is paused because of low quality`)
  if (template.status === 'DISABLED') refused(132_016, `template ${name} was paused too many times and is disabled`)
  const given = (type: string): Parameter[] =>
    components.filter((component) => component.type === type).flatMap(({ parameters }) => parameters)
  requireHeader(template, given('header'))
  requireBody(template, given('body'))
  return template
}

function requireHeader(template: Template, parameters: readonly Parameter[]): void {
  const format = partOf(template, 'HEADER')?.['format']
  if (typeof format !== 'string' || format === 'TEXT') return
  if (parameters.length !== 1) refused(132_000, `header: expected 1 parameter, got ${parameters.length}`)
  if (parameters[0]?.type !== format.toLowerCase())
    refused(132_012, `header: expected ${format.toLowerCase()}, got ${parameters[0]?.type}`)
}

function requireBody(template: Template, parameters: readonly Parameter[]): void {
  const written = partOf(template, 'BODY')?.['text']
  const text = typeof written === 'string' ? written : ''
  const places = [...text.matchAll(/\{\{(\w+)\}\}/g)].map(([, place = '']) => place)
  if (parameters.length !== places.length)
    refused(
      132_000,
      `body: number of localizable_params (${parameters.length}) does not match the expected number of params (${places.length})`,
    )
  for (const [index, parameter] of parameters.entries()) requirePlace(parameter, places, index)
  const length = parameters.reduce((sum, parameter) => sum + lengthOf(parameter), text.length)
  if (length > longestText) refused(132_005, `body: the text would have ${length} characters, more than ${longestText}`)
}

/** A place with a name is filled by name. */
function requirePlace(parameter: Parameter, places: readonly string[], index: number): void {
  if (!['text', 'currency', 'date_time'].includes(parameter.type))
    refused(132_012, `body: parameter ${index + 1} cannot be of type ${parameter.type}`)
  const isNamed = !/^\d+$/.test(places[index] ?? '')
  const name = parameter.type === 'text' ? parameter.parameter_name : undefined
  if (isNamed && (name === undefined || !places.includes(name)))
    refused(132_012, `body: parameter ${index + 1} has no parameter_name that the template knows`)
}

function lengthOf(parameter: Parameter): number {
  return parameter.type === 'text' ? parameter.text.length : 20
}

function partOf(template: Template, type: string) {
  return template.components?.find((component) => component.type === type)
}

export function createTemplate(simulation: Simulation, input: z.output<typeof newTemplate>) {
  const { account_id, name, language, category, components } = input
  requireAccount(account_id)
  if (templates(simulation).get(keyOf(name, language)) !== undefined) {
    const { error } = failure(100, 'There is already content in this language for this template.')
    // The subcode is what tells this one from other invalid parameters.
    reject(400, { error: { ...error, error_subcode: 2_388_024 } })
  }
  const id = String(simulation.number('template', 1_259_544_702_043_867))
  templates(simulation).put(keyOf(name, language), { id, name, language, category, components, status: 'PENDING' })
  simulation.later('template.status', { name, language, event: 'APPROVED' }, reviewMs)
  return { id, status: 'PENDING', category }
}

export function deleteTemplate(simulation: Simulation, name: string) {
  const found = [...templates(simulation).values()].filter((template) => template.name === name)
  if (found.length === 0) refused(100, `Template ${name} does not exist.`)
  for (const { language } of found) templates(simulation).delete(keyOf(name, language))
  return { success: true }
}

/** A page between two cursors. */
export function listTemplates(simulation: Simulation, query: z.output<typeof templateQuery>) {
  const { account_id, name, name_or_content, status, limit = 25, after, before } = query
  requireAccount(account_id)
  const all = [...templates(simulation).values()].filter(
    (template) =>
      (name === undefined || template.name === name) &&
      (name_or_content === undefined || JSON.stringify(template).includes(name_or_content)) &&
      (status === undefined || template.status === status),
  )
  const end = before === undefined ? all.length : placeOf(before)
  const start = before === undefined ? (after === undefined ? 0 : placeOf(after)) : Math.max(0, end - limit)
  const data = all.slice(start, Math.min(end, start + limit))
  const next = start + data.length
  const cursors = { before: cursorAt(start), after: cursorAt(next) }
  const more = next < all.length ? { next: `https://graph.facebook.com/?after=${cursors.after}` } : {}
  return { data, ...(data.length === 0 ? {} : { paging: { cursors, ...more } }) }
}

const cursorAt = (place: number): string => Buffer.from(`place:${place}`).toString('base64url')

function placeOf(cursor: string): number {
  const place = /^place:(\d{1,6})$/.exec(Buffer.from(cursor, 'base64url').toString())?.[1]
  return place === undefined ? refused(100, 'The cursor is not one that a list has answered.') : Number(place)
}

export type TemplateEvent = 'APPROVED' | 'REJECTED' | 'PAUSED' | 'DISABLED' | 'PENDING'

/** The review of a template, or its quality, comes to something. */
export function judgeTemplate(
  simulation: Simulation,
  { name, language, event }: { name?: string | undefined; language: string; event: TemplateEvent },
) {
  const all = [...templates(simulation).values()]
  const template = name === undefined ? all.at(-1) : templates(simulation).get(keyOf(name, language))
  if (template === undefined) throw new TenonError('NOT_FOUND', `there is no template ${name ?? ''} in ${language}`)
  templates(simulation).put(keyOf(template.name, template.language), { ...template, status: event })
  const value = {
    event,
    message_template_id: Number(template.id),
    message_template_name: template.name,
    message_template_language: template.language,
    reason: event === 'REJECTED' ? 'PROMOTIONAL' : 'NONE',
    ...(event === 'PAUSED' ? { other_info: { title: 'FIRST_PAUSE', description: 'Paused for 3 hours' } } : {}),
  }
  tell(simulation, 'template.status', { field: 'message_template_status_update', value })
  return { id: template.id, name: template.name, status: event }
}
