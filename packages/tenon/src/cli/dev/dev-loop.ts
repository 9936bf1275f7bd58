import { relative, resolve } from 'node:path'
import { systemClock, type Clock } from '../../base/clock.ts'
import { messageOf, TenonError } from '../../base/errors.ts'
import type { DrainReport } from '../../engine/engine.ts'
import { DataFolder, type ServerAddress } from '../../server/data-folder.ts'
import { openFrontDoor, type FrontDoor } from '../../server/front-door.ts'
import { startAppProcess, type AppProcess } from './app-process.ts'
import type { Report } from './report.ts'
import { watchSources, type SourceWatch } from './source-watch.ts'
import { createTypeWatch, type TypeWatch } from './type-watch.ts'

export interface DevOptions {
  readonly appFile: string
  readonly dataFolder: string
  readonly port: number
  readonly simulate?: boolean | undefined
  readonly samples: boolean
  readonly quiet: boolean
  readonly json: boolean
  readonly types: boolean
  /** How long the app may take to be imported. */
  readonly importLimitMs: number
}

const holdMs = 20_000
const drainLimitMs = 5_000
const startLimitMs = 60_000
const compareLimitMs = 3_000
/** A process that is told to do something has this much longer than what it was told to take. */
const graceMs = 2_000
/** Longer, so that it can say itself where it stands. */
const importGraceMs = 5_000
/** One that ends sooner than this after its start would only end again. */
const soonMs = 3_000

/** One process runs the app; when the code changes, the next one is made ready and takes over. */
export class DevLoop {
  readonly #options: DevOptions
  readonly #report: Report
  readonly #clock: Clock
  readonly #door: FrontDoor
  readonly #watch: SourceWatch
  readonly #types: TypeWatch | null
  #running: AppProcess | null = null
  /** The one that reads the code: given up when the code changes meanwhile. */
  #next: AppProcess | null = null
  /** The one that takes over: from here on there is no way back. */
  #starting: AppProcess | null = null
  /** Started ahead, without the app. */
  #spare: AppProcess | null = null
  #wanted: string | null = null
  #turn: Promise<void> | null = null
  #startedAt = 0
  #hasGreeted = false
  #isStopping = false
  #unusable: TenonError | null = null

  private constructor(options: DevOptions, report: Report, door: FrontDoor, clock: Clock) {
    this.#options = options
    this.#report = report
    this.#door = door
    this.#clock = clock
    this.#watch = watchSources(clock, (files) => this.#onChange(files))
    this.#watch.add([this.#appFile])
    this.#types = options.types ? createTypeWatch(options.appFile, { clock, report }) : null
  }

  /** Rejects with `PORT_TAKEN`. */
  static async start(options: DevOptions, report: Report, clock: Clock = systemClock): Promise<DevLoop> {
    const door = await openFrontDoor({ host: '127.0.0.1', port: options.port, clock, holdMs })
    return new DevLoop(options, report, door, clock)
  }

  /** Reads the code anew. Resolves when that has come to an end, a good or a bad one. */
  reload(why: string): Promise<void> {
    this.#wanted = why
    this.#turn ??= this.#takeTurns().finally(() => (this.#turn = null))
    return this.#turn
  }

  /** The first reading. Rejects with `DATA_FOLDER_UNUSABLE`: whatever else is wrong can be put right while it waits. */
  async begin(): Promise<void> {
    await this.reload('started')
    if (this.#unusable !== null) throw this.#unusable
  }

  /** Ends everything; what was accepted is in the journal. */
  async stop(): Promise<DrainReport> {
    this.#isStopping = true
    this.#next?.kill()
    await this.#turn
    this.#types?.stop()
    const report = (await this.#retire()) ?? { interrupted: 0, waiting: 0, ready: 0 }
    this.#spare?.kill()
    const folder = new DataFolder(this.#options.dataFolder)
    if (folder.address()?.url === this.#door.url) folder.removeAddress()
    await Promise.all([this.#door.close(), this.#watch.close()])
    return report
  }

  kill(): void {
    for (const app of [this.#running, this.#next, this.#starting, this.#spare]) app?.kill()
  }

  async #takeTurns(): Promise<void> {
    for (let why = this.#wanted; why !== null && !this.#isStopping; why = this.#wanted) {
      this.#wanted = null
      const startedAt = this.#clock.now()
      const app = this.#spare?.hasEnded === false ? this.#spare : this.#startProcess()
      this.#spare = null
      this.#next = app
      this.#types?.check()
      try {
        await this.#bring(app, why, startedAt)
      } catch (error) {
        app.kill()
        // No change of the code helps there.
        if (!this.#hasGreeted && TenonError.is(error, 'DATA_FOLDER_UNUSABLE')) this.#unusable = error
        // The file that was wrong may be right by now: then the next turn says.
        else if (this.#wanted === null && !this.#isStopping) this.#report.broken(error, this.#running !== null)
      }
      this.#next = null
      if (!this.#isStopping) this.#spare ??= this.#startProcess()
    }
  }

  async #bring(app: AppProcess, why: string, startedAt: number): Promise<void> {
    const { appFile, simulate, importLimitMs } = this.#options
    const { file } = await app.order(
      'load',
      { appFile, simulate, limitMs: importLimitMs },
      importLimitMs + importGraceMs,
    )
    this.#watch.keep([this.#appFile, ...app.files])
    if (this.#running !== null) await this.#compare(app, file)
    if (this.#wanted !== null || this.#isStopping) return app.kill()
    const hadOne = this.#running !== null || this.#hasGreeted
    this.#next = null
    this.#starting = app
    this.#door.hold()
    await this.#retire()
    try {
      const { waiting } = await this.#takeOver(app)
      if (hadOne) this.#report.reloaded({ why, tookMs: this.#clock.now() - startedAt, waiting })
    } catch (error) {
      this.#door.shut()
      throw error
    } finally {
      this.#starting = null
    }
  }

  async #takeOver(app: AppProcess): Promise<{ readonly waiting: number }> {
    const { dataFolder, quiet, json, samples } = this.#options
    const greets = !this.#hasGreeted
    const started = await app.order('start', { dataFolder, front: this.#front, greets, quiet, json }, startLimitMs)
    this.#running = app
    this.#startedAt = this.#clock.now()
    this.#door.open(started.port)
    void app.ended.then((words) => this.#onEnd(app, words))
    if (greets) this.#report.ready(this.#types !== null)
    this.#hasGreeted = true
    if (greets && samples) await app.order('showSamples', { json }, startLimitMs)
    return started
  }

  async #compare(app: AppProcess, file: string): Promise<void> {
    try {
      const found = await app.order('compare', { dataFolder: this.#options.dataFolder }, compareLimitMs)
      if (found.divergences.length > 0) this.#report.diverging({ ...found, file })
    } catch (error) {
      this.#report.note(`Whether the runs that wait fit the new code could not be told: ${messageOf(error)}`)
    }
  }

  /** Lets the running process end in good order, or ends it where it does not react. */
  async #retire(): Promise<DrainReport | null> {
    const app = this.#running
    this.#running = null
    if (app === null || app.hasEnded) return null
    const report = await app.order('drain', { limitMs: drainLimitMs }, drainLimitMs + graceMs).catch(() => {
      this.#report.stuck()
      return null
    })
    app.kill()
    await app.ended
    return report
  }

  #onChange(files: readonly string[]): void {
    const [first = '', ...rest] = files.map((file) => relative('', file))
    // What is being read is out of date; one that does not finish must not be waited for.
    this.#next?.kill()
    void this.reload(rest.length === 0 ? `${first} changed` : `${first} and ${rest.length} more changed`)
  }

  #onEnd(app: AppProcess, words: string): void {
    if (this.#running !== app || this.#isStopping) return
    this.#running = null
    const restarts = this.#clock.now() - this.#startedAt > soonMs
    this.#report.crashed(words, restarts)
    if (restarts) this.#door.hold()
    else this.#door.shut()
    if (restarts) void this.reload('started again')
  }

  #startProcess(): AppProcess {
    return startAppProcess((file) => this.#watch.add([file]))
  }

  get #appFile(): string {
    return resolve(this.#options.appFile)
  }

  get #front(): ServerAddress {
    return { url: this.#door.url, pid: process.pid }
  }
}
