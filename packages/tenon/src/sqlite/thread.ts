import { fileURLToPath } from 'node:url'
import { Worker, type MessagePort } from 'node:worker_threads'
import { messageOf, TenonError, type ErrorCode } from '../base/errors.ts'

// oxlint-disable-next-line typescript/no-explicit-any -- each method has its own parameters; `Thread.ask` is typed by its caller
export type Methods = Readonly<Record<string, (...parameters: any[]) => unknown>>

interface Question {
  readonly method: string
  readonly parameters: readonly unknown[]
}

type Reply = { readonly value: unknown } | { readonly error: ErrorParts }

interface ErrorParts {
  readonly code: ErrorCode
  readonly message: string
  readonly details: Readonly<Record<string, unknown>>
}

/** Answers the questions of the main thread one after another; `unavailable` is what an error without a code means. After `x` is answered, `after x` is called where there is one. */
export function serve(port: MessagePort | null, unavailable: ErrorCode, open: () => Methods): void {
  if (port === null) throw new Error('this file runs in a thread of its own')
  // Each thread adds its own part to a report that Node writes in a crash: without the environment, which may hold credentials.
  process.report.excludeEnv = true
  let methods: Methods | null = null
  port.on('message', ({ method, parameters }: Question) => {
    try {
      methods ??= open()
      port.postMessage({ value: methods[method]?.(...parameters) } satisfies Reply)
    } catch (error) {
      port.postMessage({ error: partsOf(error, unavailable) } satisfies Reply)
      return
    }
    methods[`after ${method}`]?.(...parameters)
  })
}

function partsOf(error: unknown, unavailable: ErrorCode): ErrorParts {
  if (TenonError.is(error)) return { code: error.code, message: error.message, details: error.details }
  return { code: unavailable, message: messageOf(error), details: {} }
}

export interface Thread {
  ask<T>(method: string, ...parameters: readonly unknown[]): Promise<T>
  end(): Promise<void>
}

interface Asked {
  readonly resolve: (value: never) => void
  readonly reject: (error: Error) => void
}

/** `unavailable`: what it means that the thread cannot answer. */
export function startThread(file: URL, unavailable: ErrorCode, data: unknown): Thread {
  const worker = new Worker(file, { workerData: data })
  const asked: Asked[] = []
  let failure: TenonError | null = null

  worker.on('message', (reply: Reply) => {
    // It answers in the order in which it was asked.
    const question = asked.shift()
    if ('error' in reply)
      question?.reject(new TenonError(reply.error.code, reply.error.message, { details: reply.error.details }))
    else question?.resolve(reply.value as never)
  })
  worker.on('error', (error) => fail(messageOf(error)))
  worker.on('exit', () => fail('it has ended'))

  function fail(reason: string): void {
    failure ??= new TenonError(unavailable, `the thread of ${fileURLToPath(file)} cannot answer: ${reason}`)
    for (const { reject } of asked.splice(0)) reject(failure)
  }

  return {
    ask(method, ...parameters) {
      if (failure !== null) return Promise.reject(failure)
      return new Promise((resolve, reject) => {
        worker.postMessage({ method, parameters } satisfies Question)
        asked.push({ resolve, reject })
      })
    },
    async end() {
      await worker.terminate()
    },
  }
}
