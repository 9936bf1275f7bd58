import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { version } from '../../server/version.ts'

/** What a new project can begin with. */
export interface Template {
  readonly name: string
  readonly summary: string
  readonly about: string
  /** A command that makes something happen, once the app runs. */
  readonly tryIt: string
  readonly files: readonly (readonly [name: string, holds: string])[]
}

export const templates: readonly Template[] = [
  {
    name: 'blank',
    summary: 'one small flow that waits for a message, and its test',
    about: 'A Tenon app with one flow: it greets a customer, waits until they have confirmed, and thanks them.',
    tryIt: `npx tenon runs start welcome --input '{"name": "Mia"}'`,
    files: [
      ['welcome.ts', 'a flow: an ordinary async function whose steps are durable'],
      ['welcome.test.ts', 'its tests, in ten lines'],
    ],
  },
  {
    name: 'order-paid',
    summary: 'a payment is booked, shipped and confirmed; with simulators of Stripe, a shop, Shiprocket and WhatsApp',
    about:
      'A Tenon app: a paid order is booked in the shop, sent by Shiprocket and confirmed by WhatsApp. Simulators stand in for all four, so that everything runs without an account.',
    tryIt: 'npx tenon simulate stripe payment_intent.succeeded',
    files: [
      ['order-paid.ts', 'a flow: an ordinary async function whose calls are durable'],
      ['mappings.ts', 'from the data of one system to that of another'],
      ['*.test.ts', 'their tests'],
    ],
  },
]

const folder = fileURLToPath(new URL('../../../templates/', import.meta.url))
/** In the repository the example itself is the template; the built package has a copy of it. */
const examples = fileURLToPath(new URL('../../../../../examples/', import.meta.url))

/** Name and text of every file of a new project. */
export function filesOf(template: Template, name: string): ReadonlyMap<string, string> {
  const files = new Map<string, string>()
  const holds = template.files.map(([file, what]) => `- \`${file}\`: ${what}`)
  const words: Readonly<Record<string, string>> = {
    name,
    version,
    about: template.about,
    try: template.tryIt,
    files: holds.join('\n'),
  }
  const fill = (text: string): string => text.replaceAll(/\{\{(\w+)\}\}/g, (_all, word: string) => words[word] ?? '')
  for (const file of readdirSync(join(folder, 'project')).toSorted())
    // npm leaves a .gitignore out of packages.
    files.set(file === 'gitignore' ? '.gitignore' : file, fill(readFileSync(join(folder, 'project', file), 'utf8')))
  const own = existsSync(join(folder, template.name)) ? join(folder, template.name) : join(examples, template.name)
  for (const file of readdirSync(own).toSorted())
    if (file.endsWith('.ts')) files.set(file, readFileSync(join(own, file), 'utf8'))
  return files
}
