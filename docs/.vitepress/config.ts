import { defineConfig } from 'vitepress'
import { decisionPages, inlinePictures } from './markdown.ts'

/** Files of one folder, in the order in which they are best read. */
const pages = (folder: string, names: Readonly<Record<string, string>>) =>
  Object.entries(names).map(([name, text]) => ({ text, link: `/${folder}/${name}` }))

const guides = pages('guides', {
  'first-flow': 'Your first flow',
  developing: 'Develop with reload',
  waiting: 'Wait for an event',
  undo: 'Take things back',
  testing: 'Test a flow',
  crash: 'What happens in a crash',
  'unknown-outcome': 'Decide an unknown outcome',
  deploying: 'Deploy while runs live',
  operating: 'Watch it run',
  connections: 'Connect accounts',
  'embedded-connect': 'Let customers connect',
  vault: 'Keep secrets',
  database: 'Share a database',
  'add-an-api': 'Add an API',
  'add-auth': 'Add an auth scheme',
})
const concepts = pages('concepts', {
  overview: 'The whole in one picture',
  events: 'Events and runs',
  steps: 'Steps and the journal',
  replay: 'Replay',
  calls: 'Calls and keys',
  limits: 'Limits and priorities',
  waits: 'Waits',
  order: 'Order and limits',
  cluster: 'Several nodes',
  undo: 'Undo and ends',
  versions: 'Code that changes',
  'several-databases': 'Several databases',
  scale: 'Scale',
})
const reference = pages('reference', {
  cli: 'Command line',
  settings: 'Settings',
  environment: 'Environment',
  api: 'Management API',
  metrics: 'Metrics',
  'auth-schemes': 'Auth schemes',
  verifiers: 'Verifiers',
  simulators: 'Simulators',
  errors: 'Errors',
})

export default defineConfig({
  title: 'Tenon',
  description: 'Durable API integrations as TypeScript.',
  lang: 'en',
  cleanUrls: false,
  outDir: '../.docs-site',
  cacheDir: '../node_modules/.cache/vitepress',
  srcExclude: ['public/**'],
  lastUpdated: false,
  head: [['link', { rel: 'icon', href: '/mark.svg', type: 'image/svg+xml' }]],
  markdown: { config: inlinePictures },
  themeConfig: {
    logo: '/mark.svg',
    search: { provider: 'local', options: { detailedView: true } },
    nav: [
      { text: 'Start', link: '/start' },
      { text: 'Guides', link: '/guides/first-flow', activeMatch: '/guides/' },
      { text: 'Concepts', link: '/concepts/overview', activeMatch: '/concepts/' },
      { text: 'Reference', link: '/reference/cli', activeMatch: '/reference/' },
    ],
    sidebar: {
      '/': [
        { text: 'Start', items: [{ text: 'Five minutes', link: '/start' }] },
        { text: 'Guides', items: guides },
        { text: 'Concepts', items: concepts },
        { text: 'Reference', items: reference },
        { text: 'How it was decided', items: [{ text: 'Decisions', link: '/decisions/' }] },
      ],
      '/decisions/': [
        { text: 'Back', items: [{ text: 'Five minutes', link: '/start' }] },
        { text: 'Decisions', items: decisionPages() },
      ],
    },
    outline: { level: [2, 3], label: 'On this page' },
    docFooter: { prev: 'Before', next: 'Next' },
    footer: { message: 'Apache-2.0' },
  },
})
