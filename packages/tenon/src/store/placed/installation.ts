/** Kinds of documents that are the installation's, whichever tenant they name: they are in its first database. */
export const ofInstallation: ReadonlySet<string> = new Set(['installation', 'session', 'sign-in-link'])
