import { defineApp } from 'tenon'
import { welcome } from './welcome.ts'

export default defineApp({ flows: [welcome] })
