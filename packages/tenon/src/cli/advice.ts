import type { RunView, StepView } from '../engine/view.ts'
import { wrap, type Colours } from './terminal.ts'
import { runWords } from './tenant.ts'

interface Page {
  readonly columns: number
  readonly colours: Colours
  readonly tenant?: string | undefined
}

/** What is wrong with a run and what a person can do about it, with the whole command lines. */
export function adviceFor(view: RunView, page: Page): string[] {
  if (view.status === 'parked') return parked(view, page)
  return view.status === 'failed' ? failed(view, page) : []
}

function parked(view: RunView, page: Page): string[] {
  const unknown = view.steps.filter(({ state }) => state === 'unknown')
  if (unknown.length > 0) return unknown.flatMap((step) => undecided(view, step, page))
  const reasons: Readonly<Record<string, string>> = {
    DIVERGED:
      'The code no longer asks for what this run has done. Bring back code that does (or keep the old version of the flow in the app), restart, then:',
    POISONED: 'The process ended again and again while this run was at work. Find out why before you let it go on:',
  }
  const words = reasons[view.code ?? ''] ?? 'When the cause is gone, let it go on:'
  return [
    ...problem(view, page, 'yellow'),
    ...wrap(words, page.columns, '  '),
    ...commands(page, [[`npx tenon runs retry ${runWords(view.run, page.tenant)}`, '']]),
  ]
}

function undecided(view: RunView, step: StepView, page: Page): string[] {
  const decide = `npx tenon runs decide ${runWords(view.run, page.tenant)} '${step.name}'`
  const { colours } = page
  return [
    colours.yellow(`  It is not known whether ${step.name} took effect.`),
    ...wrap(
      'The call left, no answer came back, and the provider offers no way to ask or to repeat it safely. Look there, then say which it is:',
      page.columns,
      '  ',
    ),
    '',
    ...commands(page, [
      [`${decide} happened --result '{ … }'`, 'it took effect, with this answer'],
      [`${decide} did-not-happen`, 'it did not: the step fails'],
      [`${decide} retry`, 'send it again, come what may'],
    ]),
  ]
}

function failed(view: RunView, page: Page): string[] {
  const run = runWords(view.run, page.tenant)
  const anew = [`npx tenon runs retry ${run} --anew`, 'a new run with the same event'] as const
  if (view.undo !== 'none')
    return [
      ...problem(view, page, 'red'),
      '  Its effects were taken back. To do the work after all:',
      ...commands(page, [anew]),
    ]
  return [
    ...problem(view, page, 'red'),
    '  When the cause is gone:',
    ...commands(page, [[`npx tenon runs retry ${run}`, 'goes on from the failed step'], anew]),
  ]
}

function problem({ error, code }: RunView, { columns, colours }: Page, colour: 'red' | 'yellow'): string[] {
  const text = error === null ? (code ?? 'unknown') : `${error.code}: ${error.message}`
  return wrap(text.replaceAll(/\s+/g, ' '), columns, '  ').map((line) => colours[colour](line))
}

/** Command lines to copy, with what each does where there is room for it. */
function commands({ columns, colours }: Page, lines: readonly (readonly [string, string])[]): string[] {
  const widest = Math.max(...lines.map(([line]) => line.length))
  const isRoomy = lines.every(([, what]) => widest + what.length + 7 <= columns)
  return lines.flatMap(([line, what]) => {
    if (what === '') return [`    ${colours.bold(line)}`]
    return isRoomy
      ? [`    ${colours.bold(line.padEnd(widest))}   ${colours.dim(what)}`]
      : [`    ${colours.dim(`# ${what}`)}`, `    ${colours.bold(line)}`]
  })
}
