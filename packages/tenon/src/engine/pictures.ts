import type { Clock } from '../base/clock.ts'
import type { RunPage } from '../journal/history.ts'
import type { Journal, RunRow } from '../journal/journal.ts'
import { foldSteps } from './describe.ts'
import { read } from './entries.ts'
import type { FlowPicture } from './flow-view.ts'
import { drawPicture, type Story } from './picture.ts'
import type { FlowPlan } from './plan.ts'

const mostRuns = 200
const mostPages = 20
/** Of all journals that one picture is learnt from: characters, and steps of each. */
const mostText = 8 * 1024 * 1024
const mostSteps = 40
/** A picture changes slowly, and costs reading two hundred journals. */
const freshMs = 15_000
const mostKept = 64
const atOnce = 20

interface Kept {
  readonly at: number
  readonly picture: Promise<FlowPicture>
}

/** The pictures of flows, learnt when somebody asks, and kept for a short while. */
export class Pictures {
  readonly #journal: Pick<Journal, 'list' | 'entries'>
  readonly #clock: Clock
  readonly #kept = new Map<string, Kept>()

  constructor(journal: Pick<Journal, 'list' | 'entries'>, clock: Clock) {
    this.#journal = journal
    this.#clock = clock
  }

  of(tenant: string, flow: FlowPlan): Promise<FlowPicture> {
    const path = `${tenant}\n${flow.name}`
    const now = this.#clock.now()
    const kept = this.#kept.get(path)
    if (kept !== undefined && now - kept.at < freshMs && now >= kept.at) return kept.picture
    const picture = this.#learn(tenant, flow)
    this.#kept.delete(path)
    this.#kept.set(path, { at: now, picture })
    for (const oldest of this.#kept.keys()) {
      if (this.#kept.size <= mostKept) break
      this.#kept.delete(oldest)
    }
    // What failed is not kept: the next one who asks may have more luck.
    picture.catch(() => {
      if (this.#kept.get(path)?.picture === picture) this.#kept.delete(path)
    })
    return picture
  }

  async #learn(tenant: string, flow: FlowPlan): Promise<FlowPicture> {
    const rows = await this.#latest(tenant, flow.name)
    const stories: Story[] = []
    let text = 0
    for (let from = 0; from < rows.length && text < mostText; from += atOnce) {
      const told = await Promise.all(rows.slice(from, from + atOnce).map((row) => this.#storyOf(row)))
      for (const { story, size } of told) {
        text += size
        stories.push(story)
      }
    }
    return drawPicture(stories, new Set(flow.bindings.map(([alias]) => alias)))
  }

  async #latest(tenant: string, flow: string): Promise<readonly RunRow[]> {
    const rows: RunRow[] = []
    let before: string | null = null
    for (let page = 0; page < mostPages && rows.length < mostRuns; page += 1) {
      const found: RunPage = await this.#journal.list({
        tenant,
        flow,
        limit: mostRuns - rows.length,
        ...(before === null ? {} : { before }),
      })
      rows.push(...found.runs)
      before = found.next
      if (before === null) break
    }
    return rows
  }

  async #storyOf(row: RunRow): Promise<{ readonly story: Story; readonly size: number }> {
    const rows = await this.#journal.entries(row.tenant, row.run)
    // What the steps came to is of no interest here, least of all where it is large.
    const entries = await read(rows, async (hashes) => hashes.map(() => 'null'))
    const size = rows.reduce((sum, { body }) => sum + body.length, 0)
    return { story: { isEnded: row.endedAt !== null, steps: foldSteps(entries).slice(0, mostSteps) }, size }
  }
}
