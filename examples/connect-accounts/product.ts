// Easel itself: one page per studio. Whoever signs in here is its own matter; for the example, the address says who it is.
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http'
import type { Booking } from './booking-to-crm.ts'
import { studioPage, welcomePage } from './pages.ts'
import type { Tenon } from './tenon-api.ts'

export const studios = [
  { id: 'clay-and-co', name: 'Clay & Co' },
  { id: 'north-light', name: 'North Light Studio' },
] as const

export interface ProductOptions {
  readonly tenon: Tenon
  /** Where people reach it. */
  readonly url: string
}

/** The bookings that came in, by studio. */
const bookings = new Map<string, Booking[]>()

export function createProduct(options: ProductOptions): Server {
  return createServer((request, response) => {
    answer(request, response, options).catch((error: unknown) => {
      response.writeHead(500, { 'content-type': 'text/plain; charset=utf-8' })
      response.end(error instanceof Error ? error.message : 'it failed')
    })
  })
}

async function answer(
  request: IncomingMessage,
  response: ServerResponse,
  { tenon, url }: ProductOptions,
): Promise<void> {
  const { pathname } = new URL(request.url ?? '/', url)
  const [, id, order] = pathname.split('/')
  const studio = studios.find((one) => one.id === id)
  if (studio === undefined) return show(response, pathname === '/' ? 200 : 404, welcomePage(studios))
  if (request.method === 'GET') {
    const [account, runs] = await Promise.all([tenon.hubspotOf(studio.id), tenon.runsOf(studio.id)])
    return show(response, 200, studioPage({ studio, account, runs, bookings: bookings.get(studio.id) ?? [] }))
  }
  // Only pages of its own may order something: elsewhere a link would be made for whoever is signed in here.
  if (request.headers.origin !== url) return show(response, 403, 'This did not come from Easel.')
  switch (order) {
    case 'connect':
      return lead(response, await tenon.connectLink(studio.id, `${url}/${studio.id}`))
    case 'disconnect':
      await tenon.removeHubspot(studio.id)
      break
    case 'book':
      await book(tenon, studio.id)
      break
    default:
      return show(response, 404, 'There is nothing here.')
  }
  lead(response, `/${studio.id}`)
}

const guests = ['Asha Rao', 'Vikram Shah', 'Meera Nair']

/** Somebody books a course at a studio. */
async function book(tenon: Tenon, studio: string): Promise<void> {
  const known = bookings.get(studio) ?? []
  const name = guests[known.length % guests.length] ?? ''
  const made: Booking = {
    number: `B-${1001 + known.length}`,
    course: 'Throwing bowls',
    price: 120,
    guest: { name, email: `${name.toLowerCase().replace(' ', '.')}@example.com` },
  }
  bookings.set(studio, [...known, made])
  // Should this request come twice, the run is the same.
  await tenon.book(studio, `${studio}-${made.number}`, made)
}

function show(response: ServerResponse, status: number, page: string): void {
  response.writeHead(status, { 'content-type': 'text/html; charset=utf-8', 'referrer-policy': 'same-origin' })
  response.end(page)
}

function lead(response: ServerResponse, location: string): void {
  response.writeHead(303, { location }).end()
}
