import { rmSync, statSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { sleep, systemClock } from '../../base/clock.ts'
import { messageOf } from '../../base/errors.ts'
import type { JournalInspection } from '../../journal/sqlite/inspect.ts'
import { createTransport } from '../../outbound/transport.ts'
import { length } from '../words.ts'
import { findingsOf, type Finding } from './finding.ts'

const { ok, warn, fail } = findingsOf('clock')

const samples = 5
const sampleMs = 60
const jumpMs = 50
const fileOffMs = 2_000
const hostOffMs = 5_000
const setRight = 'Let the machine keep its time by NTP: timedatectl set-ntp true'

/** The clock against itself, the file system and what the journal has seen. `folder` is one that may be written, or `null`. */
export async function examineClock(
  folder: string | null,
  journal: JournalInspection | null,
): Promise<readonly Finding[]> {
  const now = systemClock.now()
  const latest = journal?.rest?.latest ?? null
  return [
    latest !== null && latest > now + hostOffMs
      ? fail(`it is ${length(latest - now)} behind the latest run: it went back`, setRight)
      : ok(`it says ${new Date(now).toISOString()}`),
    await steadiness(),
    ...(folder === null ? [] : [againstFiles(folder)]),
  ]
}

async function steadiness(): Promise<Finding> {
  const [wall, steady] = [systemClock.now(), performance.now()]
  let worst = 0
  for (let count = 0; count < samples; count += 1) {
    await sleep(systemClock, sampleMs)
    worst = Math.max(worst, Math.abs(systemClock.now() - wall - (performance.now() - steady)))
  }
  return worst > jumpMs
    ? warn(`it jumped by ${length(worst)} within ${length(samples * sampleMs)}`, setRight)
    : ok('it runs evenly')
}

function againstFiles(folder: string): Finding {
  const probe = join(folder, `.doctor-${process.pid}`)
  try {
    writeFileSync(probe, '', { mode: 0o600 })
    const off = statSync(probe).mtimeMs - systemClock.now()
    return Math.abs(off) > fileOffMs
      ? warn(`the file system's clock is off by ${length(Math.abs(off))}`, 'Let both machines keep their time by NTP.')
      : ok('it agrees with that of the file system')
  } catch (error) {
    return warn(`a file could not be written to compare clocks: ${messageOf(error)}`)
  } finally {
    rmSync(probe, { force: true })
  }
}

/** The clock against those of hosts, by the Date of an answer; nothing but the time is asked for, without credentials. */
export async function examineHosts(hosts: readonly string[]): Promise<readonly Finding[]> {
  const transport = createTransport({ clock: systemClock, allowedOrigins: hosts })
  try {
    return await Promise.all(
      hosts
        .map(async (origin) => {
          const asked = { origin, method: 'HEAD', path: '/', headers: [], body: null, timeoutMs: 5_000, signal: null }
          const began = systemClock.now()
          const { headers } = await transport.send({ ...asked, maxAnswerBytes: 65_536 })
          const told = Date.parse(String(headers['date'] ?? ''))
          return hostFinding(origin, told, (began + systemClock.now()) / 2)
        })
        .map((finding, index) =>
          finding.catch((error: unknown) =>
            warn(
              `${hosts[index]} does not answer: ${messageOf(error)}`,
              'Check the network and the address of the connection.',
            ),
          ),
        ),
    )
  } finally {
    await transport.close()
  }
}

function hostFinding(origin: string, told: number, now: number): Finding {
  if (Number.isNaN(told)) return ok(`${origin} does not tell the time`)
  // The header has whole seconds.
  const off = Math.max(0, Math.abs(told + 500 - now) - 500)
  return off > hostOffMs
    ? warn(`it is off by ${length(off)} against ${origin}`, setRight)
    : ok(`it agrees with ${origin}`)
}
