// Loaded before a relayed program: the same signal from the terminal, from npm and from the launcher within a second is one signal.
const windowMs = 1000
const last = new Map()
const emit = process.emit

process.emit = function (name, ...rest) {
  if (name === 'SIGINT' || name === 'SIGTERM' || name === 'SIGHUP') {
    const now = performance.now()
    const before = last.get(name) ?? -Infinity
    if (now - before < windowMs) return true
    last.set(name, now)
  }
  return emit.call(this, name, ...rest)
}
