import { equalText, first, invalid, requireHeader, type Verifier } from '../verifier.ts'

/** A fixed token in a header or in the query, for providers that sign nothing. */
export function staticToken({
  field,
  ...place
}: { readonly field: string } & ({ readonly header: string } | { readonly query: string })): Verifier {
  const where = 'header' in place ? place.header : `the query parameter ${place.query}`
  return {
    describe: `fixed token in ${where}`,
    field,
    verify(request, secrets) {
      const given = 'header' in place ? requireHeader(request, place.header) : request.query[place.query]
      if (given === undefined || !secrets.some((secret) => equalText(given, secret)))
        throw invalid(`${where} does not match`)
    },
    // What stands in the address is part of what was registered: no header shows it.
    sign: (_body, secret) => ('header' in place ? { [place.header]: first(secret) } : {}),
  }
}

/** `Authorization: Basic` (RFC 7617); the credential is `user:password`, as it was registered in the webhook's address. */
export function basicCredentials({ field }: { readonly field: string }): Verifier {
  const encoded = (secret: string): string => `Basic ${Buffer.from(secret).toString('base64')}`
  return {
    describe: 'Basic credentials',
    field,
    verify(request, secrets) {
      const given = requireHeader(request, 'authorization').replace(/^basic +/i, 'Basic ')
      if (!secrets.some((secret) => equalText(given, encoded(secret))))
        throw invalid('the Basic credentials do not match')
    },
    sign: (_body, secret) => ({ authorization: encoded(first(secret)) }),
  }
}
