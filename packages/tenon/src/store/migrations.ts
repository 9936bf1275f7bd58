import type { Dialect } from './dialect.ts'

/** A step forward; there is no step back. */
export interface Migration {
  readonly name: string
  /** The number of the oldest migration whose code can still work with the tables after this one: two adjacent versions of Tenon share a store while one replaces the other. */
  readonly needs: number
  readonly sql: string
}

/** Their number is their place, from 1: only ever append. */
export function migrationsOf({ integer, tableOptions }: Dialect): readonly Migration[] {
  return [
    {
      name: 'documents and audit',
      needs: 1,
      sql: `
        CREATE TABLE counter (name TEXT NOT NULL PRIMARY KEY, value ${integer} NOT NULL)${tableOptions};
        INSERT INTO counter VALUES ('position', 0);
        CREATE TABLE document (
          tenant TEXT NOT NULL, kind TEXT NOT NULL, id TEXT NOT NULL, version ${integer}, body TEXT NOT NULL,
          position ${integer} NOT NULL, at ${integer} NOT NULL, PRIMARY KEY (tenant, kind, id)
        )${tableOptions};
        CREATE UNIQUE INDEX document_position ON document (position);
        CREATE INDEX document_kind ON document (kind, tenant, id);
        CREATE INDEX document_deleted ON document (at) WHERE version IS NULL;
        CREATE TABLE audit (
          tenant TEXT NOT NULL, number ${integer} NOT NULL, body TEXT NOT NULL, hash TEXT NOT NULL, PRIMARY KEY (tenant, number)
        )${tableOptions};
        CREATE TABLE audit_head (tenant TEXT NOT NULL PRIMARY KEY, number ${integer} NOT NULL, hash TEXT NOT NULL)${tableOptions};`,
    },
  ]
}

/** Which migrations a store has had. */
export function migrationTable({ integer, tableOptions }: Dialect): string {
  return `CREATE TABLE migration (number ${integer} NOT NULL PRIMARY KEY, name TEXT NOT NULL, needs ${integer} NOT NULL)${tableOptions};`
}
