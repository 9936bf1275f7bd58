import { parentPort, workerData } from 'node:worker_threads'
import { serve } from '../../sqlite/thread.ts'
import { openFile } from './open.ts'
import { storeMethods } from './methods.ts'

serve(parentPort, 'STORE_UNAVAILABLE', () => storeMethods(openFile(workerData as string), workerData as string))
