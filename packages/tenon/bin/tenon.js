#!/usr/bin/env node
import { cli, findNode, relay, tooOld } from './runtime.js'

const node = findNode()
const { path, isSource } = cli()
if (node === undefined) {
  process.stderr.write(tooOld)
  process.exitCode = 1
} else {
  relay(node, [...(isSource ? ['--conditions=source'] : []), path, ...process.argv.slice(2)])
}
