/** One thing that is measured: a file of jobs/ exports it as `job`. */
export interface Job {
  readonly description: string
  run(options: JobOptions): Promise<Readonly<Record<string, number>>>
}

export interface JobOptions {
  /** Rounds in turn; each job has its own default. */
  readonly rounds: number | undefined
  /** Runs per measurement. */
  readonly runs: number | undefined
}
