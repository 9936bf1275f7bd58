import type { FastifyReply, FastifyRequest } from 'fastify'
import { TenonError } from '../../base/errors.ts'
import { guardHeaders } from '../answer.ts'
import { isFileName, type ConsoleFile, type Encoding } from '../console/files.ts'
import { sendPage, type Page } from '../console/page.ts'
import type { BareRoute, Routes } from '../route.ts'

const consoleHeaders = {
  'content-security-policy':
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; font-src 'self'; connect-src 'self'; manifest-src 'self'; frame-ancestors 'none'; base-uri 'none'; form-action 'self'",
  'cross-origin-opener-policy': 'same-origin',
  'cross-origin-resource-policy': 'same-origin',
  'permissions-policy': 'camera=(), geolocation=(), microphone=(), payment=(), usb=()',
  'referrer-policy': 'no-referrer',
  'x-content-type-options': 'nosniff',
}

/** The built console. It holds no data: what it shows it asks of the API, as who is signed in. */
export const routes: Routes = [
  leading('/', 'Leads to the console.'),
  leading('/console', 'Leads to the console.'),
  {
    method: 'GET',
    path: '/console/*',
    right: 'public',
    summary: 'The files of the console; any place in it is its first page.',
    answers: { 200: 'text/html', 304: null },
    serve(request, reply, { files }) {
      const name = (request.params as { readonly '*': string })['*']
      const index = files?.find('index.html') ?? null
      if (index === null) return sendPage(reply, 503, unbuiltPage)
      const found = name === '' ? index : (files?.find(name) ?? (isFileName(name) ? null : index))
      if (found === null) throw new TenonError('NOT_FOUND', 'the console has no such file')
      return sendFile(request, reply, found)
    },
  },
]

function leading(path: string, summary: string): BareRoute {
  return {
    method: 'GET',
    path,
    right: 'public',
    summary,
    answers: { 302: null },
    serve: (_request, reply) =>
      void reply
        .code(302)
        .headers({ ...guardHeaders, location: '/console/' })
        .send(),
  }
}

function sendFile({ headers }: FastifyRequest, reply: FastifyReply, file: ConsoleFile): void {
  const encoding = bestEncoding(headers['accept-encoding'] ?? '', file.forms)
  const etag = `"${file.etag}${encoding === 'identity' ? '' : `-${encoding}`}"`
  reply.headers({
    ...consoleHeaders,
    etag,
    vary: 'accept-encoding',
    'cache-control': file.isImmutable ? 'public, max-age=31536000, immutable' : 'no-cache',
  })
  // RFC 9110 §13.1.2.
  const known = (headers['if-none-match'] ?? '').split(',').map((tag) => tag.trim().replace(/^W\//, ''))
  if (known.includes(etag) || known.includes('*')) return void reply.code(304).send()
  if (encoding !== 'identity') reply.header('content-encoding', encoding)
  void reply.header('content-type', file.type).send(file.forms.get(encoding))
}

/** RFC 9110 §12.5.3, of the forms that there are. */
function bestEncoding(accepted: string, forms: ReadonlyMap<Encoding, Buffer>): Encoding {
  const wanted = new Set(
    accepted
      .toLowerCase()
      .split(',')
      .map((part) => part.trim())
      .filter((part) => !/;\s*q=0(\.0*)?$/.test(part))
      .map((part) => part.split(';', 1)[0]?.trim()),
  )
  return (['br', 'gzip'] as const).find((encoding) => wanted.has(encoding) && forms.has(encoding)) ?? 'identity'
}

const unbuiltPage: Page = {
  title: 'The console is not built yet',
  body: '<p>The server works; only its pages are missing. In the folder of Tenon, run:</p><p><code>npm run build</code></p><p>In a project that uses Tenon as a package, install them:</p><p><code>npm install @tenon/console</code></p>',
}
