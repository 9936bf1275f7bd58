import { useNavigate } from '@tanstack/react-router'
import { Keyboard } from 'lucide-react'
import { useEffect, useEffectEvent, useRef, useState, type ReactNode } from 'react'
import { useStore } from '../api/store.ts'
import { IconButton } from '../components/button.tsx'
import { Dialog } from '../components/dialog.tsx'
import { remembered } from './remembered.ts'
import styles from './shell.module.css'
import { nextTheme } from './theme.tsx'

/** Single letters disturb people who speak to their machine, so they can be turned off (WCAG 2.1.4). */
const shortcuts = remembered('tenon.shortcuts', ['on', 'off'], 'on')

const rooms = { h: '/', r: '/runs', f: '/flows', c: '/connections', b: '/budgets', s: '/simulators' } as const

const list: readonly (readonly [readonly string[], string])[] = [
  [['g', 'h'], 'Home'],
  [['g', 'r'], 'Runs'],
  [['g', 'f'], 'Flows'],
  [['g', 'b'], 'Budgets'],
  [['g', 'c'], 'Connections'],
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

/** How long `g` waits for the letter of a room. */
const goingMs = 1_500

function useShortcuts(openHelp: () => void): void {
  const navigate = useNavigate()
  const goingUntil = useRef(0)
  const actions: Readonly<Record<string, () => void>> = {
    '/': () => void find(navigate),
    j: () => step(1),
    k: () => step(-1),
    t: nextTheme,
    '?': openHelp,
    g: () => (goingUntil.current = performance.now() + goingMs),
  }
  const onKey = useEffectEvent((event: KeyboardEvent): void => {
    if (isNotMeant(event) || (event.key !== '?' && shortcuts.get() === 'off')) return
    const isGoing = performance.now() < goingUntil.current
    goingUntil.current = 0
    const room = isGoing && Object.hasOwn(rooms, event.key) ? rooms[event.key as keyof typeof rooms] : undefined
    const act = Object.hasOwn(actions, event.key) ? actions[event.key] : undefined
    if (room !== undefined) void navigate({ to: room })
    else if (act !== undefined) act()
    else return
    event.preventDefault()
  })
  useEffect(() => {
    const listener = (event: KeyboardEvent): void => onKey(event)
    document.addEventListener('keydown', listener)
    return () => document.removeEventListener('keydown', listener)
  }, [])
}

/** Typed into a field, meant for the browser, or pressed while a dialog is open. */
function isNotMeant(event: KeyboardEvent): boolean {
  if (event.ctrlKey || event.metaKey || event.altKey || event.defaultPrevented || isTyping(event.target)) return true
  return document.querySelector('[role="dialog"]') !== null
}

/** To the search field, by way of the runs where this page has none. */
async function find(navigate: ReturnType<typeof useNavigate>): Promise<void> {
  const field = (): HTMLElement | null => document.querySelector<HTMLElement>('[data-search]')
  if (field() === null) await navigate({ to: '/runs' })
  requestAnimationFrame(() => field()?.focus())
}
