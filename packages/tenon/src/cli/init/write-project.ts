import { existsSync, mkdirSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { basename, join, resolve } from 'node:path'
import { messageOf, TenonError } from '../../base/errors.ts'
import { isClone, linkToClone } from './clone.ts'
import { filesOf, type Template } from './templates.ts'

export interface NewProject {
  readonly template: Template
  readonly folder: string
  readonly name: string
}

export interface WrittenProject {
  readonly written: readonly string[]
  /** Files that were there already, and stay as they are. */
  readonly kept: readonly string[]
}

/** Files of which a project may have its own. */
const mayExist: ReadonlySet<string> = new Set([
  'package.json',
  'tsconfig.json',
  'vitest.config.ts',
  '.gitignore',
  'README.md',
])

/** Writes a new project, all of it or nothing, and never over a file that is there. Throws `INPUT_INVALID` where its code would meet other code. */
export function writeProject({ template, folder, name }: NewProject): WrittenProject {
  const path = resolve(folder)
  if (existsSync(path) && !statSync(path).isDirectory())
    throw new TenonError('INPUT_INVALID', `${folder} is a file. Name a folder.`)
  const templateFiles = filesOf(template, name)
  const files = isClone ? linkToClone(templateFiles, folder) : templateFiles
  const present = [...files.keys()].filter((file) => existsSync(join(path, file)))
  const inTheWay = present.filter((file) => !mayExist.has(file))
  if (inTheWay.length > 0)
    throw new TenonError(
      'INPUT_INVALID',
      `${folder} has ${inTheWay.join(', ')} already, and nothing is overwritten. Name another folder: npx tenon init my-app`,
    )
  const written: string[] = []
  try {
    mkdirSync(path, { recursive: true })
    for (const [file, text] of files) {
      if (present.includes(file)) continue
      writeFileSync(join(path, file), text, { flag: 'wx' })
      written.push(file)
    }
  } catch (error) {
    for (const file of written) rmSync(join(path, file), { force: true })
    throw new TenonError('INPUT_INVALID', `The project could not be written: ${messageOf(error)}`, { cause: error })
  }
  return { written, kept: present }
}

const nameForm = /^(?:@[a-z0-9][a-z0-9._-]*\/)?[a-z0-9][a-z0-9._-]*$/

/** The name of the package: the one asked for, else one made from the folder's. Throws `INPUT_INVALID`. */
export function projectName(asked: string | undefined, folder: string): string {
  if (asked === undefined) {
    const name = basename(resolve(folder))
      .toLowerCase()
      .replaceAll(/[^a-z0-9._-]+/g, '-')
      .replaceAll(/^[._-]+|-+$/g, '')
    return name === '' ? 'tenon-app' : name.slice(0, 200)
  }
  if (asked.length <= 214 && nameForm.test(asked)) return asked
  throw new TenonError(
    'INPUT_INVALID',
    `${JSON.stringify(asked)} is no name for a package. Use small letters, digits and hyphens, such as my-app.`,
  )
}
