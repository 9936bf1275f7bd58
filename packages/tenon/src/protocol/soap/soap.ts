import type { Protocol } from '../protocol.ts'
import { writtenBy, type Written } from '../written.ts'
import { operationOf } from './operation.ts'
import { describe } from './reading/describe.ts'

/** SOAP 1.1 and 1.2, as WSDL 1.1 describes it. */
export const protocol: Protocol = {
  name: 'soap',
  reads: 'WSDL 1.1',
  recognise: ({ text }) => {
    const head = text.slice(0, 100_000)
    const isWsdl = /<(?:[\w.-]+:)?definitions[\s>]/.test(head) && head.includes('http://schemas.xmlsoap.org/wsdl/')
    return isWsdl ? 'WSDL 1.1' : null
  },
  describe,
  operation: operationOf,
}

/** What generated files call. */
export const soap: Written = writtenBy(protocol)
