import type { Method } from '../../definition/operation.ts'

/** How a body or an answer is written: each a file of `media/`. */
export type MediaKind = 'json' | 'form' | 'multipart' | 'xml' | 'ndjson' | 'text' | 'bytes'

export type ParameterPlace = 'path' | 'query' | 'header' | 'cookie'

export type Style = 'simple' | 'label' | 'matrix' | 'form' | 'spaceDelimited' | 'pipeDelimited' | 'deepObject'

/** A parameter as its request carries it; what is left out is the specification's default for its place (OAS 3.1 §4.8.12). */
export interface WireParameter {
  readonly name: string
  readonly in: ParameterPlace
  /** Member of the input, where that is not its name. */
  readonly as?: string
  readonly style?: Style
  readonly explode?: boolean
  readonly allowReserved?: true
  /** Its value is one text in this form, instead of a style. */
  readonly content?: 'json' | 'text'
}

/** How one member of a form or multipart body is written (OAS 3.1 §4.8.15). */
export interface WireEncoding {
  readonly contentType?: string
  readonly style?: Style
  readonly explode?: boolean
  readonly allowReserved?: true
}

export interface WireBody {
  readonly kind: MediaKind
  /** What `content-type` says. */
  readonly type: string
  /** Member of the input that is the body; left out where the members of the body stand beside the parameters. */
  readonly as?: string
  /** Members of the input that are called otherwise in the body: input name to body name. */
  readonly renamed?: Readonly<Record<string, string>>
  /** Nothing is sent where the input has none of its members. */
  readonly mayBeMissing?: true
  readonly encoding?: Readonly<Record<string, WireEncoding>>
  /** XML: the name of its root element, for a schema that does not say. */
  readonly root?: string
}

export interface WireAnswer {
  /** `200`, `2XX` or `default`. */
  readonly status: string
  /** Left out where it has no body. */
  readonly kind?: MediaKind
  readonly type?: string
  /** Index of its schema under `anyOf` of the output, where answers differ. */
  readonly part?: number
  /** For an answer without a body: its headers, by members of the output. */
  readonly headers?: Readonly<Record<string, string>>
  readonly root?: string
}

export type Path = readonly string[]

/** How the next page is asked for. Paths lead into the output, names are members of the input. */
export type WirePaging =
  /** A value of the output goes into the next input. */
  | { readonly by: 'cursor'; readonly from: Path; readonly to: string; readonly more?: Path }
  /** The id of the last item does. */
  | { readonly by: 'last'; readonly items: Path; readonly id: string; readonly to: string; readonly more?: Path }
  | {
      readonly by: 'page' | 'offset'
      readonly to: string
      readonly first: number
      readonly items: Path
      /** Member of the input that says how many a page has, and how many it has when nobody says. */
      readonly size?: { readonly as: string; readonly usual?: number }
      readonly total?: Path
      readonly pages?: Path
      readonly more?: Path
    }
  /** The output holds the address of the next page. */
  | { readonly by: 'address'; readonly from: Path; readonly to: string }

export interface WireFailure {
  readonly message?: Path
  readonly code?: Path
}

/** What `describe` found out about an operation of REST. */
export interface RestWire {
  readonly method: Method
  /** `{name}` stands for the path parameter of that name. */
  readonly path: string
  /** A query that every request has. */
  readonly search?: string
  readonly parameters?: readonly WireParameter[]
  readonly body?: WireBody
  readonly answers: readonly WireAnswer[]
  /** The output is `{ items, next }`: the body, and the address that the header `Link` names. */
  readonly linked?: true
  readonly paging?: WirePaging
  readonly failure?: WireFailure
}

/** A member of the input by which an address of a page, as an output gave it, is called. */
export function pageMember(paging: WirePaging | undefined): string | undefined {
  return paging?.by === 'address' ? paging.to : undefined
}
