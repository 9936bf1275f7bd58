import { once } from 'node:events'
import { parseJson } from '../base/json.ts'
import { openProcess, type Meeting } from './renewal-process.fixture.ts'

// Says when it is ready, waits for how many calls to make at once, and tells what each was sent with.
const opened = await openProcess(parseJson(process.argv[2] ?? '') as Meeting)
process.send?.('ready')
const [count] = (await once(process, 'message')) as [number]
process.send?.(await opened.call(count))
await opened.close()
process.disconnect()
