/**
 * The format of the journal's tables and functions. A version of Tenon works in its own format and in the one after it, so that nodes of two adjacent formats share a database while one replaces
 * the other (docs/decisions/0045-upgrades.md).
 *
 * To change tables or functions:
 *
 * 1. Where `tests/golden/postgres/<format>` exists, this format has been released: raise `format` by one, and add what it changes to `steps`. Otherwise it is still being made: change it as it is.
 * 2. Functions are changed where they stand. They bear the format in their names (`commit_${format}`), so those of the format before stay in the database beside them, word for word, for nodes that
 *    still run; the format after the next drops them. Whatever either writes the other must be able to read.
 * 3. Tables only gain, by a step: a table, or a column with a constant default, so that no row is written anew. Nothing that the format before names is renamed, dropped or given another
 *    meaning; the format after may drop it.
 * 4. A release adds its golden database (`tests/golden/postgres/golden.test.ts` says how). From then on its definitions are what they are.
 */
export const format = 3

/** The first that was released: `schema.ts` has its tables. */
export const firstFormat = 2

/** What each later format does to the tables of the one before: forward only, and within one transaction. */
export const steps: Readonly<Record<number, string>> = {
  3: `
    -- Which format a node works in: it decides how far the others may go.
    ALTER TABLE node ADD COLUMN format int NOT NULL DEFAULT 2;`,
}

/** With what the names of a format's functions end. */
export function suffixOf(of: number): number {
  return of === firstFormat ? 1 : of
}
