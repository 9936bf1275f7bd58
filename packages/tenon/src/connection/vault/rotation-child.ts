import { argv, stdout } from 'node:process'
import { systemClock } from '../../base/clock.ts'
import { sqliteStore } from '../../store/sqlite.ts'
import { createVault } from './create-vault.ts'
import { fileKeys } from './file.ts'

// Rotates the master key of that folder, and says when it has begun; killed in the middle by the test.
const [folder = ''] = argv.slice(2)
const vault = createVault({
  store: sqliteStore({ folder }),
  masterKeys: fileKeys({ path: `${folder}/master-key` }),
  clock: systemClock,
})
const { finished } = await vault.rotate({ by: 'mia' })
stdout.write('begun\n')
await finished
