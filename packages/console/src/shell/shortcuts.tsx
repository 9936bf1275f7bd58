import { useNavigate } from '@tanstack/react-router'
import { Keyboard } from 'lucide-react'
import { useEffect, useEffectEvent, useState, type ReactNode } from 'react'
import { useStore } from '../api/store.ts'
import { IconButton } from '../components/button.tsx'
import { Dialog } from '../components/dialog.tsx'
import { remembered } from './remembered.ts'
import styles from './shell.module.css'
import { nextTheme } from './theme.tsx'

/** Single letters disturb people who speak to their machine, so they can be turned off (WCAG 2.1.4). */
const shortcuts = remembered('tenon.shortcuts', ['on', 'off'], 'on')

const rooms = { h: '/', r: '/runs', f: '/flows', s: '/simulators' } as const

const list: readonly (readonly [readonly string[], string])[] = [
  [['g', 'h'], 'Home'],
  [['g', 'r'], 'Runs'],
  [['g', 'f'], 'Flows'],
  [['g', 's'], 'Simulators'],
  [['/'], 'Find runs'],
  [['j'], 'Next run in a list'],
  [['k'], 'Previous run in a list'],
  [['t'], 'Light, dark, as the system has it'],
  [['?'], 'This help'],
  [['Esc'], 'Close what is open'],
]

function isTyping(target: EventTarget | null): boolean {
  return target instanceof HTMLElement && target.closest('input, textarea, select, [contenteditable]') !== null
}

/** Moves the focus along everything that is marked as an item of a list. */
function step(by: 1 | -1): void {
  const items = [...document.querySelectorAll<HTMLElement>('[data-item]')]
  const index = items.findIndex((item) => item === document.activeElement)
  const next = items[index < 0 ? (by > 0 ? 0 : items.length - 1) : Math.min(items.length - 1, Math.max(0, index + by))]
  next?.focus()
  next?.scrollIntoView({ block: 'nearest' })
}

export function Shortcuts(): ReactNode {
  const [isOpen, setOpen] = useState(false)
  const state = useStore(shortcuts)
  useShortcuts(() => setOpen(true))
  return (
    <>
      <IconButton label="Keyboard shortcuts" icon={<Keyboard aria-hidden="true" />} onClick={() => setOpen(true)} />
      <Dialog open={isOpen} onClose={() => setOpen(false)} title="Keyboard shortcuts">
        <dl className={styles.keys}>
          {list.map(([keys, text]) => (
            <div key={text} style={{ display: 'contents' }}>
              <dt>
                {keys.map((key) => (
                  <kbd key={key}>{key}</kbd>
                ))}
              </dt>
              <dd>{text}</dd>
            </div>
          ))}
        </dl>
        <label className={styles.switch}>
          <input
            type="checkbox"
            checked={state === 'on'}
            onChange={({ target }) => shortcuts.set(target.checked ? 'on' : 'off')}
          />
          Single letters act as shortcuts
        </label>
      </Dialog>
    </>
  )
}

function useShortcuts(openHelp: () => void): void {
  const navigate = useNavigate()
  const [going] = useState({ until: 0 })
  const onKey = useEffectEvent((event: KeyboardEvent): void => {
    if (event.ctrlKey || event.metaKey || event.altKey || isTyping(event.target) || event.defaultPrevented) return
    if (document.querySelector('[role="dialog"], [role="alertdialog"]') !== null) return
    if (event.key !== '?' && shortcuts.get() === 'off') return
    const now = performance.now()
    const room =
      now < going.until && Object.hasOwn(rooms, event.key) ? rooms[event.key as keyof typeof rooms] : undefined
    going.until = event.key === 'g' ? now + 1_500 : 0
    if (room !== undefined) void navigate({ to: room })
    else if (event.key === '/') void find(navigate)
    else if (event.key === 'j' || event.key === 'k') step(event.key === 'j' ? 1 : -1)
    else if (event.key === 't') nextTheme()
    else if (event.key === '?') openHelp()
    else return
    event.preventDefault()
  })
  useEffect(() => {
    const listener = (event: KeyboardEvent): void => onKey(event)
    document.addEventListener('keydown', listener)
    return () => document.removeEventListener('keydown', listener)
  }, [])
}

/** To the search field, by way of the runs where this page has none. */
async function find(navigate: ReturnType<typeof useNavigate>): Promise<void> {
  const field = (): HTMLElement | null => document.querySelector<HTMLElement>('[data-search]')
  if (field() === null) await navigate({ to: '/runs' })
  requestAnimationFrame(() => field()?.focus())
}
