import { ChevronRight } from 'lucide-react'
import { useState, type ReactNode } from 'react'
import { CopyButton } from './copy-button.tsx'
import styles from './json-view.module.css'
import { Scroll } from './scroll.tsx'

const pageOfMembers = 100
const longestText = 2_000
const openLevels = 2

/** A value to look into and to copy. Members are drawn only when their parent is open, so that a large value costs nothing until then. */
export function JsonView({ value, label }: { readonly value: unknown; readonly label: string }): ReactNode {
  if (value === undefined) return <p className={styles.none}>Nothing.</p>
  return (
    <div className={styles.view} data-leaf={membersOf(value) === null ? '' : undefined}>
      <Scroll className={styles.scroll} label={label} dir="ltr">
        <Node value={value} level={0} />
      </Scroll>
      <div className={styles.copy}>
        <CopyButton text={() => (typeof value === 'string' ? value : JSON.stringify(value, null, 2))} what={label} />
      </div>
    </div>
  )
}

interface NodeProps {
  readonly name?: string
  readonly value: unknown
  readonly level: number
}

function Node({ name, value, level }: NodeProps): ReactNode {
  const members = membersOf(value)
  if (members !== null && members.length > 0) return <Branch {...{ name, value, level }} members={members} />
  return (
    <div className={level > 0 ? styles.leaf : undefined}>
      <Name name={name} />
      <Leaf value={value} />
    </div>
  )
}

function Name({ name }: { readonly name: string | undefined }): ReactNode {
  if (name === undefined) return null
  return (
    <>
      <bdi className={styles.name}>{name}</bdi>
      <span className={styles.faint}>: </span>
    </>
  )
}

type Members = readonly (readonly [string, unknown])[]

function membersOf(value: unknown): Members | null {
  if (Array.isArray(value)) return value.map((member, index) => [String(index), member] as const)
  if (typeof value === 'object' && value !== null) return Object.entries(value)
  return null
}

interface BranchProps {
  readonly name: string | undefined
  readonly value: unknown
  readonly level: number
  readonly members: Members
}

function Branch({ name, value, level, members }: BranchProps): ReactNode {
  const [isOpen, setOpen] = useState(level < openLevels && members.length <= pageOfMembers)
  const [shown, setShown] = useState(pageOfMembers)
  const size = Array.isArray(value) ? `[ ${members.length} ]` : `{ ${members.length} }`
  return (
    <div>
      <button type="button" className={styles.toggle} aria-expanded={isOpen} onClick={() => setOpen(!isOpen)}>
        <ChevronRight aria-hidden="true" />
        <span>
          <Name name={name} />
          <span className={styles.faint}>{size}</span>
        </span>
      </button>
      {isOpen && (
        <div className={styles.nest}>
          {members.slice(0, shown).map(([member, inner]) => (
            <Node key={member} name={member} value={inner} level={level + 1} />
          ))}
          {members.length > shown && (
            <button type="button" className={styles.more} onClick={() => setShown(shown + pageOfMembers)}>
              {members.length - shown} more
            </button>
          )}
        </div>
      )}
    </div>
  )
}

function Leaf({ value }: { readonly value: unknown }): ReactNode {
  const [whole, setWhole] = useState(false)
  if (typeof value === 'string') {
    const isLong = value.length > longestText && !whole
    return (
      <>
        <bdi className={styles.string}>&quot;{isLong ? value.slice(0, longestText) : value}&quot;</bdi>
        {isLong && (
          <button type="button" className={styles.more} onClick={() => setWhole(true)}>
            {(value.length - longestText).toLocaleString('en')} more characters
          </button>
        )}
      </>
    )
  }
  if (typeof value === 'number') return <span className={styles.number}>{String(value)}</span>
  if (Array.isArray(value)) return <span className={styles.faint}>[ ]</span>
  if (typeof value === 'object' && value !== null) return <span className={styles.faint}>{'{ }'}</span>
  return <span className={styles.word}>{String(value)}</span>
}
