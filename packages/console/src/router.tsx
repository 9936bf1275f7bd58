import { createRootRoute, createRoute, createRouter, lazyRouteComponent } from '@tanstack/react-router'
import type { RunFilter } from './api/contract.ts'
import { Skeleton } from './components/notice.tsx'
import { Page } from './components/page.tsx'
import { BrokenPage, LostPage } from './pages/lost/lost.tsx'
import { Shell } from './shell/shell.tsx'

const filterNames = ['flow', 'status', 'key', 'code', 'id', 'event', 'since', 'until'] as const

/** Kept as they are: whether a filter is one, the server knows best, and says so. */
function filterOf(search: Record<string, unknown>): RunFilter {
  return Object.fromEntries(
    filterNames.flatMap((name) =>
      typeof search[name] === 'string' && search[name] !== '' ? [[name, search[name]]] : [],
    ),
  )
}

const root = createRootRoute({ component: Shell, notFoundComponent: LostPage })

const home = createRoute({
  getParentRoute: () => root,
  path: '/',
  component: lazyRouteComponent(() => import('./pages/home/home.tsx'), 'HomePage'),
})

const runs = createRoute({
  getParentRoute: () => root,
  path: '/runs',
  validateSearch: filterOf,
  component: lazyRouteComponent(() => import('./pages/runs/runs.tsx'), 'RunsPage'),
})

const run = createRoute({
  getParentRoute: () => root,
  path: '/runs/$run',
  validateSearch: ({ step }: Record<string, unknown>): { step?: string } => (typeof step === 'string' ? { step } : {}),
  component: lazyRouteComponent(() => import('./pages/run/run.tsx'), 'RunRoom'),
})

const flows = createRoute({
  getParentRoute: () => root,
  path: '/flows',
  component: lazyRouteComponent(() => import('./pages/flows/flows.tsx'), 'FlowsPage'),
})

const flow = createRoute({
  getParentRoute: () => root,
  path: '/flows/$flow',
  component: lazyRouteComponent(() => import('./pages/flow/flow.tsx'), 'FlowRoom'),
})

const budgets = createRoute({
  getParentRoute: () => root,
  path: '/budgets',
  component: lazyRouteComponent(() => import('./pages/budgets/budgets.tsx'), 'BudgetsPage'),
})

const connections = createRoute({
  getParentRoute: () => root,
  path: '/connections',
  component: lazyRouteComponent(() => import('./pages/connections/connections.tsx'), 'ConnectionsPage'),
})

const connection = createRoute({
  getParentRoute: () => root,
  path: '/connections/$connector/$name',
  validateSearch: ({ consent }: Record<string, unknown>): { consent?: string } =>
    typeof consent === 'string' ? { consent } : {},
  component: lazyRouteComponent(() => import('./pages/connection/connection.tsx'), 'ConnectionRoom'),
})

const nodes = createRoute({
  getParentRoute: () => root,
  path: '/nodes',
  component: lazyRouteComponent(() => import('./pages/nodes/nodes.tsx'), 'NodesPage'),
})

const simulators = createRoute({
  getParentRoute: () => root,
  path: '/simulators',
  component: lazyRouteComponent(() => import('./pages/simulators/simulators.tsx'), 'SimulatorsPage'),
})

const simulator = createRoute({
  getParentRoute: () => root,
  path: '/simulators/$connector',
  component: lazyRouteComponent(() => import('./pages/simulator/simulator.tsx'), 'SimulatorRoom'),
})

const routeTree = root.addChildren([
  home,
  runs,
  run,
  flows,
  flow,
  connections,
  connection,
  budgets,
  nodes,
  simulators,
  simulator,
])

/** Addresses stay readable: `?flow=order-paid&status=failed`, and a key of digits stays a text. */
export function createConsoleRouter() {
  return createRouter({
    routeTree,
    basepath: '/console',
    scrollRestoration: true,
    defaultPreload: 'intent',
    defaultPreloadStaleTime: 0,
    defaultPendingMs: 300,
    defaultPendingComponent: () => (
      <Page title="Loading …">
        <Skeleton lines={6} />
      </Page>
    ),
    defaultErrorComponent: BrokenPage,
    parseSearch: (text) => Object.fromEntries(new URLSearchParams(text)),
    stringifySearch: (search) => {
      const given = Object.entries(search).filter(([, value]) => value !== undefined && value !== '')
      const text = new URLSearchParams(given.map(([name, value]) => [name, String(value)])).toString()
      return text === '' ? '' : `?${text}`
    },
  })
}

declare module '@tanstack/react-router' {
  interface Register {
    router: ReturnType<typeof createConsoleRouter>
  }
}
