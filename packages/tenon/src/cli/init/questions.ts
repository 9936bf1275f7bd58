import { templates } from './templates.ts'

export interface Answers {
  readonly folder: string
  readonly template: string
  readonly install: boolean
}

/** Asks a person for what the command line left open; `null` when they gave up. */
export async function askFor(known: {
  readonly [Name in keyof Answers]?: Answers[Name] | undefined
}): Promise<Answers | null> {
  const { confirm, intro, isCancel, select, text } = await import('@clack/prompts')
  intro('A new Tenon project')
  const folder =
    known.folder ?? (await text({ message: 'In which folder?', placeholder: 'my-app', defaultValue: 'my-app' }))
  if (isCancel(folder)) return null
  const options = templates.map(({ name, summary }) => ({ value: name, label: name, hint: summary }))
  const template = known.template ?? (await select({ message: 'What shall it begin with?', options }))
  if (isCancel(template)) return null
  const install = known.install ?? (await confirm({ message: 'Install the packages with npm?' }))
  return isCancel(install) ? null : { folder, template, install }
}
