import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { brotliCompressSync, gzipSync } from 'node:zlib'
import react from '@vitejs/plugin-react'
import { defineConfig, type Plugin } from 'vite'

/** `npx vite` in this folder shows the console of a running server: where it listens, and the token of its data folder. */
const server = process.env['TENON_URL'] ?? 'http://127.0.0.1:4400'
const token = process.env['TENON_TOKEN']

/** The font's licence wants to travel with it; the list of licences knows scripts only. */
const fontLicence: Plugin = {
  name: 'font-licence',
  generateBundle() {
    const path = fileURLToPath(import.meta.resolve('@fontsource-variable/inter/LICENSE'))
    this.emitFile({ type: 'asset', fileName: 'inter-licence.txt', source: readFileSync(path, 'utf8') })
  },
}

/** Beside each text its compressed forms, which the server sends to whoever takes them: pressed once, as small as it gets. */
const compressed: Plugin = {
  name: 'compressed',
  apply: 'build',
  writeBundle({ dir = 'dist' }, bundle) {
    for (const name of Object.keys(bundle).filter((file) => /\.(?:js|css|html|svg)$/.test(file))) {
      const bytes = readFileSync(join(dir, name))
      if (bytes.length < 1024) continue
      writeFileSync(join(dir, `${name}.br`), brotliCompressSync(bytes))
      writeFileSync(join(dir, `${name}.gz`), gzipSync(bytes, { level: 9 }))
    }
  },
}

export default defineConfig({
  base: '/console/',
  plugins: [react(), fontLicence, compressed],
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
