import type { AuthDeclaration, CredentialField } from '../auth.ts'

/** Where a key stands in a request. */
export type ApiKeyPlace =
  | { readonly header: string; /** Before the key, with its blank, such as `token `. */ readonly prefix?: string }
  | { readonly query: string }
  | { readonly cookie: string }

export interface ApiKeySettings {
  readonly field: string
  readonly place: ApiKeyPlace
}

/** One key in a header, the query or a cookie. Prefer a header where a provider leaves the choice: an address is written down in many places. */
export function apiKey<const Field extends string>(
  field: Field,
  label: string,
  place: ApiKeyPlace,
): AuthDeclaration<Field> {
  return {
    scheme: 'api-key',
    fields: { [field]: { label } } as Record<Field, CredentialField>,
    settings: { field, place } satisfies ApiKeySettings,
  }
}
