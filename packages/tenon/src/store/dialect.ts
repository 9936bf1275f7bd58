/** What databases write differently; all other SQL of the store is the same for each. */
export interface Dialect {
  readonly integer: string
  /** After the parenthesis of CREATE TABLE. */
  readonly tableOptions: string
  /** Begins a transaction that no other writer can come between. */
  readonly begin: string
}

export const sqliteDialect: Dialect = { integer: 'INTEGER', tableOptions: ' STRICT', begin: 'BEGIN IMMEDIATE' }
