// Loaded before a relayed program, to take two noises off it.

// A terminal's Ctrl-C arrives three times: from the terminal, from npm and from the launcher. Within a second that is one signal.
const windowMs = 1000
const lastAt = new Map()
const emit = process.emit

/** @param {any[]} args */
function emitOnce(...args) {
  const [name] = args
  if (name === 'SIGINT' || name === 'SIGTERM' || name === 'SIGHUP') {
    const now = performance.now()
    if (now - (lastAt.get(name) ?? -Infinity) < windowMs) return true
    lastAt.set(name, now)
  }
  return Reflect.apply(emit, process, args)
}
process.emit = emitOnce

// Node 24 below 24.15 calls node:sqlite experimental at each start; every other warning stays.
const emitWarning = process.emitWarning

/** @param {any[]} args */
process.emitWarning = (...args) => {
  const [warning] = args
  if (typeof warning === 'string' && warning.startsWith('SQLite is an experimental feature')) return
  Reflect.apply(emitWarning, process, args)
}
