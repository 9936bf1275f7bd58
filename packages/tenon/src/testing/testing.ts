/** What a test of an app, or of a port's own implementation, needs. */
export { mortalClock, virtualClock, type VirtualClock } from './virtual-clock.ts'
export { memoryJournal, type MemoryFaults, type MemoryJournal, type MemoryState } from '../journal/memory.ts'
