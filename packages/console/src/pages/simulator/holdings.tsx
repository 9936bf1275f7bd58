import { useState, type ReactNode } from 'react'
import type { SimulatorDetail } from '../../api/contract.ts'
import { Dialog } from '../../components/dialog.tsx'
import { JsonView } from '../../components/json-view.tsx'
import { capital, plainWords } from '../../words/words.ts'
import { ScrollTable } from './ledgers.tsx'
import styles from './simulator.module.css'

const most = 200
const mostColumns = 3

/** What the simulator holds: its tables, and each object of them. */
export function Holdings({ state }: Pick<SimulatorDetail, 'state'>): ReactNode {
  const tables = Object.keys(state)
  const [chosen, setChosen] = useState<string | null>(null)
  const [open, setOpen] = useState<string | null>(null)
  const table = chosen !== null && tables.includes(chosen) ? chosen : tables[0]
  if (table === undefined) return <p className={styles.none}>It holds nothing yet.</p>
  const objects = Object.entries(state[table] ?? {}).toReversed()
  const columns = columnsOf(objects.map(([, object]) => object))
  return (
    <>
      <div className={styles.tabs} role="group" aria-label="Tables">
        {tables.map((name) => (
          <button
            key={name}
            type="button"
            className={styles.tab}
            aria-pressed={name === table}
            onClick={() => setChosen(name)}
          >
            {plainWords(name)} {Object.keys(state[name] ?? {}).length}
          </button>
        ))}
      </div>
      {objects.length === 0 ? (
        <p className={styles.none}>Nothing in here yet.</p>
      ) : (
        <ScrollTable label={table} heads={['Id', ...columns.map((column) => capital(plainWords(column)))]}>
          {objects.slice(0, most).map(([id, object]) => (
            <tr key={id}>
              <td>
                <button type="button" className={styles.open} onClick={() => setOpen(id)}>
                  <bdi>{id}</bdi>
                </button>
              </td>
              {columns.map((column) => (
                <td key={column} className={styles.value}>
                  <bdi>{cell(object, column)}</bdi>
                </td>
              ))}
            </tr>
          ))}
        </ScrollTable>
      )}
      <Dialog open={open !== null} onClose={() => setOpen(null)} title={open ?? ''} wide>
        <JsonView value={open === null ? null : state[table]?.[open]} label={`object ${open ?? ''}`} />
      </Dialog>
    </>
  )
}

function cell(object: unknown, column: string): string {
  const value = (object as Record<string, unknown> | null)?.[column]
  return typeof value === 'string' || typeof value === 'number' ? String(value) : ''
}

const preferred = [
  'status',
  'state',
  'type',
  'name',
  'title',
  'amount',
  'total',
  'quantity',
  'currency',
  'order',
  'order_id',
  'to',
]

/** The first plain members that tell objects apart, the telling names before others. */
function columnsOf(objects: readonly unknown[]): string[] {
  const plain = new Set<string>()
  for (const object of objects.slice(0, 20)) {
    if (typeof object !== 'object' || object === null || Array.isArray(object)) continue
    for (const [name, value] of Object.entries(object))
      if (name !== 'id' && name !== 'object' && (typeof value === 'string' || typeof value === 'number'))
        plain.add(name)
  }
  const rank = (name: string): number => {
    const index = preferred.indexOf(name)
    return index < 0 ? preferred.length : index
  }
  return [...plain].toSorted((left, right) => rank(left) - rank(right)).slice(0, mostColumns)
}
