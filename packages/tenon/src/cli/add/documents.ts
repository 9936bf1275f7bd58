import { createHash } from 'node:crypto'
import { readFileSync, realpathSync, statSync } from 'node:fs'
import { dirname, relative, resolve, sep } from 'node:path'
import { systemClock } from '../../base/clock.ts'
import { messageOf } from '../../base/errors.ts'
import { guardedFetch } from '../../outbound/fetch.ts'
import { createTransport } from '../../outbound/transport.ts'
import type { SourceDocument } from '../../protocol/description.ts'
import { descriptionInvalid } from '../../protocol/invalid.ts'
import { allowedOriginsOf } from '../../server/allowed-origins.ts'
import { decodeDocument } from './decode.ts'

const mostBytes = 64 * 1024 * 1024
const mostDocuments = 2000
const timeoutMs = 120_000

/** A document with those that it names, each read once. */
export interface Documents {
  readonly first: SourceDocument
  /** Over all that were read so far. */
  sha256(): string
}

interface Options {
  readonly environment: Readonly<Record<string, string | undefined>>
  /** Hears of what takes a while. */
  readonly onProgress: (message: string) => void
  readonly closing: AsyncDisposableStack
}

type Reader = (location: string) => Promise<Uint8Array>

function isUrl(location: string): boolean {
  return /^https?:\/\//i.test(location)
}

/** Reads the document at a file or URL. Throws `DESCRIPTION_INVALID` for what cannot be had, naming it. */
export async function openDocuments(location: string, options: Options): Promise<Documents> {
  const read = isUrl(location) ? urlReader(options) : fileReader(location)
  const texts = new Map<string, string>()
  const document = async (place: string): Promise<SourceDocument> => {
    const text = texts.get(place) ?? decodeDocument(await read(place), place)
    texts.set(place, text)
    if (texts.size > mostDocuments)
      throw descriptionInvalid(place, '', `is one of more than ${mostDocuments} documents`)
    return { location: place, text, related: (other) => document(locate(place, other)) }
  }
  return {
    first: await document(location),
    sha256: () => {
      const hash = createHash('sha256')
      for (const place of [...texts.keys()].toSorted()) hash.update(texts.get(place) ?? '')
      return hash.digest('hex')
    },
  }
}

/** Where a document is that another one names. */
function locate(from: string, name: string): string {
  if (isUrl(name)) return name
  if (isUrl(from)) return new URL(name, from).href
  return relative('', resolve(dirname(from), decodeURI(name)))
    .split(sep)
    .join('/')
}

/** Files below the folder of the first one: a document that came from elsewhere is not to read what else is on this machine. */
function fileReader(first: string): Reader {
  const root = dirname(realOf(first))
  return (location) => {
    if (isUrl(location))
      throw descriptionInvalid(location, '', 'is named by a file, and a file may only name other files: download it')
    const path = realOf(location)
    if (!path.startsWith(root.endsWith(sep) ? root : root + sep))
      throw descriptionInvalid(location, '', 'is not below the folder of the first document: copy it there')
    const { size } = statSync(path)
    if (size > mostBytes) throw tooLarge(location)
    return Promise.resolve(readFileSync(path))
  }
}

function realOf(location: string): string {
  try {
    const path = realpathSync(location)
    if (statSync(path).isFile()) return path
  } catch (error) {
    throw descriptionInvalid(location, '', 'there is no such file that can be read', { reason: messageOf(error) })
  }
  throw descriptionInvalid(location, '', 'is no file')
}

/** By the guarded way out. A redirect is said, not followed: the address is kept in the generated file, and is to be the right one. */
function urlReader({ environment, onProgress, closing }: Options): Reader {
  const transport = createTransport({ clock: systemClock, allowedOrigins: allowedOriginsOf(environment) })
  closing.defer(() => transport.close())
  const fetch = guardedFetch(transport, { timeoutMs, maxAnswerBytes: mostBytes })
  return async (location) => {
    if (!isUrl(location))
      throw descriptionInvalid(location, '', 'is named by a document from the network, and is not there')
    const { username, password } = new URL(location)
    if (username !== '' || password !== '')
      throw descriptionInvalid(
        new URL(location).origin,
        '',
        'the address holds a password, and would be kept in a file: download the document',
      )
    onProgress(`Fetching ${location}`)
    let answer: Response
    try {
      answer = await fetch(location, { headers: { accept: 'application/json, application/yaml, text/xml, */*' } })
    } catch (error) {
      throw descriptionInvalid(location, '', `cannot be fetched: ${messageOf(error)}`)
    }
    const to = answer.headers.get('location')
    if (to !== null && answer.status >= 300 && answer.status < 400)
      throw descriptionInvalid(location, '', `is elsewhere: give the address ${new URL(to, location).href}`)
    if (!answer.ok) throw descriptionInvalid(location, '', `is answered with status ${answer.status}`)
    return new Uint8Array(await answer.arrayBuffer())
  }
}

function tooLarge(location: string): Error {
  return descriptionInvalid(location, '', `is larger than ${mostBytes / 1024 / 1024} MiB`)
}
