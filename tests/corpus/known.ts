/** Documents that are not imported, and why. Only what is wrong with the document itself is a reason. */
export const known: Readonly<Record<string, string>> = {
  '@octokit/openapi/generated/api.github.com.deref.json':
    'larger than 64 MiB: every reference is written out; api.github.com.json is the same API',
  '@octokit/openapi/generated/ghec.deref.json':
    'larger than 64 MiB: every reference is written out; ghec.json is the same API',
}
