// Loaded before a program (`--import`): every commit takes `BENCH_COMMIT_MS` longer, as on a disk that syncs slowly.
import { aroundCommits } from './commits.ts'

const delayMs = Number(process.env['BENCH_COMMIT_MS'] ?? 0)
const never = new Int32Array(new SharedArrayBuffer(4))

if (delayMs > 0) aroundCommits({ after: () => void Atomics.wait(never, 0, 0, delayMs) })
