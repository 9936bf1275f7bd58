/** What databases write differently; all other SQL of the store is the same for each. */
export interface Dialect {
  readonly integer: string
  /** Text that is compared by its bytes, so that all lists have one order. */
  readonly text: string
  /** After the parenthesis of CREATE TABLE. */
  readonly tableOptions: string
  /** After a SELECT: no other transaction can take that row before this one has ended. Empty where none can begin. */
  readonly forUpdate: string
  /** Milliseconds since the epoch, by the clock that all who share the database share. */
  readonly now: string
  /** How the value is written that comes at that place, from 1. */
  readonly placeholder: (place: number) => string
}

export const sqliteDialect: Dialect = {
  integer: 'INTEGER',
  text: 'TEXT',
  tableOptions: ' STRICT',
  forUpdate: '',
  now: "CAST(unixepoch('subsec') * 1000 AS INTEGER)",
  placeholder: () => '?',
}

export const postgresDialect: Dialect = {
  integer: 'BIGINT',
  text: 'TEXT COLLATE "C"',
  tableOptions: '',
  forUpdate: ' FOR UPDATE',
  now: 'CAST(EXTRACT(EPOCH FROM clock_timestamp()) * 1000 AS BIGINT)',
  placeholder: (place) => `$${place}`,
}
