import { Monitor, Moon, Sun } from 'lucide-react'
import { useEffect, type ReactNode } from 'react'
import { useStore } from '../api/store.ts'
import { IconButton } from '../components/button.tsx'
import { remembered } from './remembered.ts'

const themes = ['system', 'light', 'dark'] as const
type Theme = (typeof themes)[number]

const words: Readonly<Record<Theme, string>> = { system: 'as the system has it', light: 'light', dark: 'dark' }
const icons = { system: Monitor, light: Sun, dark: Moon }

/** `public/theme.js` reads the same name before the first paint. */
const theme = remembered<Theme>('tenon.theme', themes, 'system')

export function nextTheme(): void {
  theme.set(themes[(themes.indexOf(theme.get()) + 1) % themes.length] ?? 'system')
}

export function ThemeButton(): ReactNode {
  const current = useStore(theme)
  useEffect(() => {
    if (current === 'system') delete document.documentElement.dataset['theme']
    else document.documentElement.dataset['theme'] = current
  }, [current])
  const Icon = icons[current]
  return (
    <IconButton
      label={`Colours: ${words[current]}. Press to change`}
      icon={<Icon aria-hidden="true" />}
      onClick={nextTheme}
    />
  )
}
