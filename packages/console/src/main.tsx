import { CSPProvider } from '@base-ui/react/csp-provider'
import { QueryClientProvider } from '@tanstack/react-query'
import { RouterProvider } from '@tanstack/react-router'
import { StrictMode } from 'react'
import { createRoot } from 'react-dom/client'
import { createQueries } from './api/queries.ts'
import './design/base.css'
import './design/tokens.css'
import { createConsoleRouter } from './router.tsx'

const root = document.querySelector('#root')
const queries = createQueries()
const router = createConsoleRouter()

if (root !== null)
  createRoot(root).render(
    <StrictMode>
      {/* The policy allows no style elements; what they would say stands in our style sheets. */}
      <CSPProvider disableStyleElements>
        <QueryClientProvider client={queries}>
          <RouterProvider router={router} />
        </QueryClientProvider>
      </CSPProvider>
    </StrictMode>,
  )
