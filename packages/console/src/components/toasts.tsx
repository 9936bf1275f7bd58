import { Toast } from '@base-ui/react/toast'
import { X } from 'lucide-react'
import type { ReactNode } from 'react'
import { IconButton } from './button.tsx'
import styles from './toasts.module.css'

const toasts = Toast.createToastManager()

/** Says in passing that something was done. */
export function say(title: string, description?: ReactNode): void {
  toasts.add({ title, description, timeout: 6_000 })
}

export function Toasts(): ReactNode {
  return (
    <Toast.Provider toastManager={toasts} limit={3}>
      <Toast.Portal>
        <Toast.Viewport className={styles.viewport}>
          <List />
        </Toast.Viewport>
      </Toast.Portal>
    </Toast.Provider>
  )
}

function List(): ReactNode {
  const { toasts: shown } = Toast.useToastManager()
  return shown.map((toast) => (
    <Toast.Root key={toast.id} toast={toast} className={styles.toast} swipeDirection={['right', 'down']}>
      <div className={styles.texts}>
        <Toast.Title />
        <Toast.Description />
      </div>
      <Toast.Close render={<IconButton small label="Dismiss" icon={<X aria-hidden="true" />} />} />
    </Toast.Root>
  ))
}
