import type { Booking } from './booking-to-crm.ts'
import type { HubSpotAccount } from './tenon-api.ts'

interface Studio {
  readonly id: string
  readonly name: string
}

export interface StudioPage {
  readonly studio: Studio
  readonly account: HubSpotAccount | null
  readonly runs: readonly { readonly status: string }[]
  readonly bookings: readonly Booking[]
}

export function welcomePage(studios: readonly Studio[]): string {
  const links = studios.map(({ id, name }) => `<li><a href="/${id}">${escape(name)}</a></li>`).join('')
  return page('Easel', `<p>Courses and bookings, for studios. Whose page do you want to see?</p><ul>${links}</ul>`)
}

export function studioPage({ studio, account, runs, bookings }: StudioPage): string {
  const rows = bookings.map(
    ({ number, course, guest }) =>
      `<li><strong>${escape(number)}</strong> ${escape(course)}, ${escape(guest.name)}</li>`,
  )
  const done = runs.filter(({ status }) => status === 'completed').length
  const open = runs.length - done
  return page(
    studio.name,
    `<section><h2>HubSpot</h2>${connection(studio, account)}</section>
<section><h2>Bookings</h2>
${rows.length === 0 ? '<p>Nobody has booked yet.</p>' : `<ul>${rows.join('')}</ul>`}
<form method="post" action="/${studio.id}/book"><button${account === null ? ' disabled' : ''}>Somebody books a course</button></form>
<p>In HubSpot: ${done}${open === 0 ? '' : `; on their way: ${open}`}</p></section>
<p><a href="/">All studios</a></p>`,
  )
}

function connection({ id }: Studio, account: HubSpotAccount | null): string {
  const connect = (text: string) => `<form method="post" action="/${id}/connect"><button>${text}</button></form>`
  if (account === null)
    return `<p>Let each booking become a contact and a deal in your HubSpot account.</p>${connect('Connect HubSpot')}`
  if (account.state === 'needs-authorisation' || account.state === 'revoked')
    return `<p>HubSpot asks you to allow this again.</p>${connect('Connect again')}`
  return `<p>Connected: ${escape(account.account?.name ?? 'an account')}</p>
<form method="post" action="/${id}/disconnect"><button>Disconnect</button></form>`
}

const style = `
:root { color-scheme: light dark; font: 17px/1.5 Georgia, serif }
body { max-width: 34rem; margin: 8vh auto; padding: 0 1rem }
h1 { font-size: 1.6rem } h2 { font-size: 1.1rem; margin: 0 }
section { border-top: 1px solid; padding: 1rem 0; margin-top: 1rem }
button { font: inherit; padding: .4rem 1rem }`

function page(title: string, content: string): string {
  return `<!doctype html><html lang="en"><meta charset="utf-8"><meta name="viewport" content="width=device-width"><title>${escape(title)}</title><style>${style}</style>
<h1>${escape(title)}</h1>${content}</html>`
}

function escape(text: string): string {
  return text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('"', '&quot;')
}
