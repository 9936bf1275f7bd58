import { createColumnHelper, tableFeatures, useTable } from '@tanstack/react-table'
import { useWindowVirtualizer } from '@tanstack/react-virtual'
import { Link } from '@tanstack/react-router'
import { useLayoutEffect, useRef, useState, type ReactNode, type RefObject } from 'react'
import type { RunSummary } from '../api/contract.ts'
import { length } from '../words/time.ts'
import { codeWords, shortId } from '../words/words.ts'
import { useMedia } from './media.ts'
import styles from './runs-table.module.css'
import { StatusBadge } from './status.tsx'
import { Ago, At, useNow } from './time.tsx'

const rowPx = 48
const cardPx = 84

const features = tableFeatures({})
const column = createColumnHelper<typeof features, RunSummary>()

function RunLink({ run, text }: { readonly run: string; readonly text: string }): ReactNode {
  return (
    <Link to="/runs/$run" params={{ run }} className={styles.link} data-item="">
      <bdi>{text}</bdi>
      <span className="spoken">, run {shortId(run)}</span>
    </Link>
  )
}

const columns = column.columns([
  column.accessor('status', { header: 'Status', cell: ({ getValue }) => <StatusBadge status={getValue()} /> }),
  column.accessor('flow', {
    header: 'Flow',
    cell: ({ row: { original } }) => <RunLink run={original.run} text={original.flow} />,
  }),
  column.accessor('key', {
    header: 'Key',
    cell: ({ getValue }) => <bdi title={getValue() ?? undefined}>{getValue() ?? ''}</bdi>,
  }),
  column.display({ id: 'why', header: 'Now', cell: ({ row: { original } }) => <Why run={original} /> }),
  column.accessor('createdAt', { header: 'Started', cell: ({ getValue }) => <Ago at={getValue()} /> }),
  column.accessor('run', {
    header: 'Run',
    cell: ({ getValue }) => <span title={getValue()}>{shortId(getValue())}</span>,
  }),
])

/** Of one flow, where there is less room: the key leads to the run. */
const narrowColumns = column.columns([
  ...columns.slice(0, 1),
  column.display({
    id: 'name',
    header: 'Key',
    cell: ({ row: { original } }) => <RunLink run={original.run} text={original.key ?? shortId(original.run)} />,
  }),
  ...columns.slice(3, 5),
])

const looks: Readonly<Record<string, string>> = {
  run: `${styles.faint} ${styles.code}`,
  createdAt: styles.time ?? '',
  why: styles.faint ?? '',
}

const widths: Readonly<Record<string, string>> = { status: '10rem', createdAt: '7.5rem', run: '7rem' }
const narrowWidths: Readonly<Record<string, string>> = { status: '9.5rem', name: '22%', createdAt: '7rem' }

/** What keeps it, or how long it took. */
function Why({ run: { status, code, wakeAt, endedAt, createdAt, inMemory } }: { readonly run: RunSummary }): ReactNode {
  const now = useNow()
  if (code !== null && (status === 'failed' || status === 'parked')) return <span title={code}>{codeWords(code)}</span>
  if (status === 'waiting' && wakeAt !== null)
    return (
      <>
        until <At at={wakeAt} />
      </>
    )
  if (status === 'queued') return 'behind an earlier run'
  if (endedAt !== null) return `took ${length(endedAt - createdAt)}`
  if (status === 'ready') return inMemory ? `at work for ${length(now - createdAt)}` : 'about to begin'
  return null
}

export interface RunsTableProps {
  readonly runs: readonly RunSummary[]
  readonly label: string
  /** Draws only the rows that can be seen. */
  readonly virtual?: boolean
  /** Leaves out what a narrow place has no room for. */
  readonly isNarrow?: boolean
}

export function RunsTable({ runs, label, virtual = false, isNarrow = false }: RunsTableProps): ReactNode {
  const shown = isNarrow ? narrowColumns : columns
  const table = useTable({ features, columns: shown, data: runs, getRowId: ({ run }) => run })
  const rows = table.getRowModel().rows
  const ref = useRef<HTMLTableElement>(null)
  const { items, before, after } = useVisible(rows.length, virtual, ref)
  return (
    <table
      ref={ref}
      className={styles.table}
      data-narrow={isNarrow ? '' : undefined}
      aria-label={label}
      aria-rowcount={rows.length + 1}
    >
      <colgroup>
        {shown.map((one) => {
          const id = 'accessorKey' in one ? String(one.accessorKey) : String(one.id)
          return <col key={id} style={{ width: (isNarrow ? narrowWidths : widths)[id] }} />
        })}
      </colgroup>
      <thead>
        {table.getHeaderGroups().map((group) => (
          <tr key={group.id}>
            {group.headers.map((header) => (
              <th key={header.id} scope="col">
                <table.FlexRender header={header} />
              </th>
            ))}
          </tr>
        ))}
      </thead>
      <tbody>
        <Spacer height={before} />
        {items.map((index) => {
          const row = rows[index]
          if (row === undefined) return null
          return (
            <tr key={row.id} className={styles.row} aria-rowindex={index + 2}>
              {row.getAllCells().map((cell) => (
                <td key={cell.id} className={looks[cell.column.id]}>
                  <table.FlexRender cell={cell} />
                </td>
              ))}
            </tr>
          )
        })}
        <Spacer height={after} />
      </tbody>
    </table>
  )
}

interface Visible {
  /** Indices of the rows to draw. */
  readonly items: readonly number[]
  /** Heights of what is left out, in pixels. */
  readonly before: number
  readonly after: number
}

function useVisible(count: number, isVirtual: boolean, ref: RefObject<HTMLTableElement | null>): Visible {
  const isPhone = useMedia('(width < 48rem)')
  const [scrollMargin, setMargin] = useState(0)
  useLayoutEffect(() => {
    const top = ref.current?.getBoundingClientRect().top
    if (top !== undefined) setMargin(top + window.scrollY)
  }, [ref, count])
  const virtualizer = useWindowVirtualizer({
    count,
    enabled: isVirtual,
    estimateSize: () => (isPhone ? cardPx : rowPx),
    overscan: 15,
    scrollMargin,
  })
  if (!isVirtual) return { items: Array.from({ length: count }, (_, index) => index), before: 0, after: 0 }
  const seen = virtualizer.getVirtualItems()
  return {
    items: seen.map(({ index }) => index),
    before: (seen[0]?.start ?? scrollMargin) - scrollMargin,
    after: virtualizer.getTotalSize() - ((seen.at(-1)?.end ?? scrollMargin) - scrollMargin),
  }
}

function Spacer({ height }: { readonly height: number }): ReactNode {
  if (height <= 0) return null
  return (
    <tr className={styles.spacer} aria-hidden="true">
      <td colSpan={6} style={{ height }} />
    </tr>
  )
}
