import { TenonError } from '../base/errors.ts'
import type { Flow } from '../definition/flow.ts'
import type { RunView } from '../engine/view.ts'
import { namesStep } from './step-name.ts'
import type { RunOf, TestStep } from './typed.ts'

/** A run as a test looks at it. */
export function testRun<F extends Flow>(view: RunView, inputOf: (step: string) => unknown): RunOf<F> {
  const steps: readonly TestStep[] = view.steps.map((step) => ({ ...step, input: inputOf(step.name) }))
  // Beside its facts, so that a run can be compared and printed.
  return Object.assign(Object.create(lookUp) as object, { ...view, steps }) as unknown as RunOf<F>
}

const lookUp = {
  step(this: { readonly run: string; readonly steps: readonly TestStep[] }, name: string): TestStep {
    const found = this.steps.find((step) => namesStep(name, step.name))
    if (found !== undefined) return found
    const known = this.steps.map((step) => step.name).join(', ')
    throw new TenonError('NOT_FOUND', `run ${this.run} has no step ${name}; it has ${known === '' ? 'none' : known}`)
  },
}
