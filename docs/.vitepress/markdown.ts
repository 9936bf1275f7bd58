// What the site adds to plain Markdown: pictures that follow its colours, and a list of the decisions.
import { readdirSync, readFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import type { MarkdownRenderer } from 'vitepress'

const docs = join(import.meta.dirname, '..')

/** Puts a picture of `pictures/` into its page, where it takes the colours of the theme; elsewhere, such as on a code host, the same file shows itself. */
export function inlinePictures(renderer: MarkdownRenderer): void {
  const image = renderer.renderer.rules.image
  renderer.renderer.rules.image = (...given) => {
    const [tokens, index, , env] = given
    const token = tokens[index]
    const source = token?.attrGet('src') ?? ''
    if (token === undefined || !/pictures\/[\w-]+\.svg$/.test(source)) return image?.(...given) ?? ''
    const { path = docs } = env as { path?: string }
    return picture(readFileSync(join(dirname(path), source), 'utf8'), renderer.utils.escapeHtml(token.content))
  }
}

function picture(text: string, label: string): string {
  const drawing = text
    .replace(/<\?xml[^>]*>\s*/, '')
    .replace(/<style>[\s\S]*?<\/style>\s*/, '')
    .replace('<svg ', `<svg role="img" aria-label="${label}" `)
  return `<span class="picture" v-pre>${drawing}</span>`
}

export function decisionPages(): { text: string; link: string }[] {
  return readdirSync(join(docs, 'decisions'))
    .filter((name) => /^\d{4}-.*\.md$/.test(name))
    .toSorted()
    .map((name) => ({ text: titleOf(join(docs, 'decisions', name)), link: `/decisions/${name.replace('.md', '')}` }))
}

function titleOf(path: string): string {
  return /^# (.*)$/m.exec(readFileSync(path, 'utf8'))?.[1] ?? path
}
