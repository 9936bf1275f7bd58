import { existsSync } from 'node:fs'
import type { Secret } from '../../base/secret.ts'
import { examineApp, examineServer } from '../doctor/app.ts'
import { examineClock, examineHosts } from '../doctor/clock.ts'
import { examineData, examineLeftFolder } from '../doctor/data.ts'
import { examineDatabase } from '../doctor/database.ts'
import { examineEnvironment, examinePackages } from '../doctor/environment.ts'
import type { Examined, Finding } from '../doctor/finding.ts'
import { examineVault } from '../doctor/vault.ts'
import { databaseOf, databaseOption } from '../database.ts'
import { exitCodes, type CommandDefinition, type CommandInput } from '../command.ts'
import { appFileOf, portOf } from '../serving.ts'
import { wrap, type Terminal } from '../terminal.ts'
import { count } from '../words.ts'

export const command: CommandDefinition = {
  summary: 'Look at everything that a server needs, and say the remedy for what is wrong.',
  options: [
    ['--app <file>', 'the file that exports the app (default: app.ts)'],
    ['--port <number>', 'the port to look at (default: PORT, else 4400)'],
    databaseOption,
    ['--ask-hosts', "compare the clock with the hosts of the app's connections, too"],
  ],
  examples: [
    ['tenon doctor', 'also while a server runs: it changes nothing'],
    ['tenon doctor --app src/app.ts --data /var/lib/tenon', 'another app, another folder'],
    ['tenon doctor --json', 'for a program; the exit code is 1 when something fails'],
  ],
  async run(input) {
    const { terminal, json, dataFolder, environment } = input
    const examined = {
      appFile: appFileOf(input),
      dataFolder,
      port: portOf(input),
      asksHosts: input.options['askHosts'] === true,
    }
    const findings = await examine(examined, databaseOf(input).databases, environment)
    const failures = findings.filter(({ state }) => state === 'fail').length
    if (json) terminal.out(JSON.stringify({ findings }))
    else show(findings, terminal)
    return failures > 0 ? exitCodes.failed : exitCodes.good
  },
}

async function examine(
  examined: Examined,
  databases: readonly Secret[] | undefined,
  environment: CommandInput['environment'],
): Promise<readonly Finding[]> {
  const { dataFolder } = examined
  const { findings: data, journal } = examineData(examined)
  const isUsable = existsSync(dataFolder) && data.every(({ state }) => state !== 'fail')
  const { findings: app, hosts, databases: variables } = await examineApp(examined)
  const place = { dataFolder, environment, variables, ...(databases !== undefined && { databases }) }
  const { findings: named, store } = await examineDatabase(place)
  return [
    ...(await examineEnvironment()),
    ...examinePackages(examined),
    ...data,
    ...named,
    ...(named.length > 0 ? examineLeftFolder(dataFolder, journal) : []),
    ...(isUsable && store !== null ? await examineVault(store, environment) : []),
    ...(await examineClock(isUsable ? dataFolder : null, journal)),
    ...(examined.asksHosts ? await examineHosts(hosts) : []),
    ...(await examineServer(examined)),
    ...app,
  ]
}

function show(findings: readonly Finding[], { out, colours, columns }: Terminal): void {
  const marks = { ok: colours.green('✓'), warn: colours.yellow('!'), fail: colours.red('✗') }
  let topic = ''
  for (const finding of findings) {
    if (finding.topic !== topic) out(`\n  ${colours.bold(finding.topic)}`)
    topic = finding.topic
    const [first = '', ...rest] = finding.text.split('\n').flatMap((line) => wrap(line, columns, '      '))
    out(`    ${marks[finding.state]} ${first.trimStart()}`)
    for (const line of rest) out(line)
    if (finding.remedy !== undefined)
      for (const line of wrap(`→ ${finding.remedy}`, columns, '      ')) out(colours.dim(line))
  }
  const of = (state: Finding['state']): number => findings.filter((finding) => finding.state === state).length
  out('')
  if (of('fail') > 0) out(colours.red(`  ${count(of('fail'), 'thing is', 'things are')} wrong.`))
  else if (of('warn') > 0) out(colours.yellow(`  Nothing is wrong; ${count(of('warn'), 'thing')} to look at.`))
  else out(colours.green('  Everything is well.'))
  out('')
}
