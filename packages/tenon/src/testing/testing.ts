/** What a test of an app, or of a port's own implementation, needs. */
export { testApp, type Delivered, type TestApp, type TestAppOptions } from './test-app.ts'
export type { Plan } from './attempts.ts'
export type { StepFault, StepFaultKind, StepFaultOptions } from './step-fault.ts'
export type { TestSimulator } from './test-simulator.ts'
export type { RunReference, StepName, TestRun, TestStep } from './typed.ts'
export { mortalClock, virtualClock, type VirtualClock } from './virtual-clock.ts'
export { memoryJournal, type MemoryFaults, type MemoryJournal, type MemoryState } from '../journal/memory.ts'
