import { createStore, type Store } from '../api/store.ts'

/** A small choice of this person on this machine. Where storage is closed to us it holds until the page is closed. */
export function remembered<Value extends string>(name: string, values: readonly Value[], first: Value): Store<Value> {
  const store = createStore(values.find((value) => value === read(name)) ?? first)
  return {
    ...store,
    set(value) {
      store.set(value)
      write(name, value)
    },
  }
}

function read(name: string): string | null {
  try {
    return localStorage.getItem(name)
  } catch {
    return null
  }
}

function write(name: string, value: string): void {
  try {
    localStorage.setItem(name, value)
  } catch {
    // Then it is not remembered.
  }
}
