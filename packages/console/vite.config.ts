import react from '@vitejs/plugin-react'
import { defineConfig } from 'vite'

/** `npx vite` in this folder shows the console of a running server: where it listens, and the token of its data folder. */
const server = process.env['TENON_URL'] ?? 'http://127.0.0.1:4400'
const token = process.env['TENON_TOKEN']

export default defineConfig({
  base: '/console/',
  plugins: [react()],
  build: {
    target: 'es2023',
    // The first to know light-dark().
    cssTarget: ['chrome123', 'firefox120', 'safari17.5'],
    sourcemap: false,
    license: { fileName: 'licences.md' },
    // Strict CSP: nothing is inlined that the policy would have to allow.
    assetsInlineLimit: 0,
    modulePreload: { polyfill: false },
  },
  server: {
    host: '127.0.0.1',
    proxy: {
      '/api': {
        target: server,
        ...(token !== undefined && { headers: { authorization: `Bearer ${token}` } }),
      },
    },
  },
})
