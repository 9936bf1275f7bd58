/** The doors: what they open has been judged. */
const doors = /\/packages\/tenon\/src\/outbound\/(?:egress|connect)\.ts:/

/** The database that the operator names: it may well be inside, where the doors lead nobody. */
const database = /\/packages\/tenon\/src\/postgres\/session\.ts:/

/** Product code that calls this machine only, by design: the command line its server, the door of `tenon dev` the server behind it, a simulator the server it delivers to. */
const local = /\/packages\/tenon\/src\/(?:server\/(?:front-door|management-client)|simulator\/poster)\.ts:/

/** Providers' own packages, against which our simulators are tried; the product has none of them. */
const official = /\/node_modules\/stripe\//

const product = /\/packages\/[\w-]+\/(?:src|bin)\/(?!.*\.(?:test|suite|fixture)\.ts:)/
const ofTests = /\.(?:test|suite|fixture|setup)\.ts:|\/(?:tests|bench|scripts|examples)\//

/** Whose call it is, by the innermost frame of a stack that is not a library's; `null` where none is ours. */
export function callerOf(frames: readonly string[]): 'product' | 'test' | null {
  const ours = frames.find((frame) => !frame.includes('/node_modules/') && (product.test(frame) || ofTests.test(frame)))
  if (ours === undefined) return null
  return product.test(ours) ? 'product' : 'test'
}

const isLibrary = (frame: string): boolean => frame.includes('/node_modules/')

/** EGR-01: may a socket be opened from here? `isByTest`: where nobody of ours is on the stack, whether a test asked for what is going on. */
export function mayOpen(frames: readonly string[], isByTest: boolean): boolean {
  if (frames.some((frame) => [doors, database, local].some((known) => known.test(frame)))) return true
  const caller = callerOf(frames)
  if (caller !== null) return caller === 'test'
  // Node's own agent goes on with a request that waited for a socket: whose it was, was judged when its first socket was opened.
  if (frames.some((frame) => frame.includes('node:_http_agent')) && !frames.some(isLibrary)) return true
  return isByTest || frames.some((frame) => official.test(frame))
}
